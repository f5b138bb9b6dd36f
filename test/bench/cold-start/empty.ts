/** The least that a function can be: what is left is Node's own start. */
export const handler = async (): Promise<{ readonly isAuthorized: boolean }> => ({ isAuthorized: true });
