/** Seeds to look at while thresholds are chosen. */
export const TUNE_SEEDS: readonly number[] = [101, 102, 103, 104];

/**
 * Seeds whose figures are published, and nothing else is done with them: a threshold chosen on these would report on
 * itself. Twelve worlds of `REPORT_SIZE` are 360,000 credential-days.
 */
export const REPORT_SEEDS: readonly number[] = [901, 902, 903, 904, 905, 906, 907, 908, 909, 910, 911, 912];

export const REPORT_SIZE: { readonly credentials: number; readonly days: number } = {
  credentials: 1000,
  days: 30,
};
