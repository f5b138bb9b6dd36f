/**
 * Whether an IPv4 address lies within a CIDR block, both written plainly: four decimal numbers without leading zeros.
 * `undefined` where either is written in any other way, which is for a whole parser to read. Nearly every address and
 * network is plain, and a parser costs more than all the rest of a verification.
 */
export function plainlyWithin(network: string, ip: string): boolean | undefined {
  const slash = network.indexOf('/');
  const prefix = network.slice(slash + 1);
  const base = addressIn(network, slash);
  const address = addressIn(ip, ip.length);
  if (base === undefined || address === undefined || !PREFIX_LENGTH.test(prefix)) return undefined;
  const size = 2 ** (32 - Number(prefix));
  return Math.floor(base / size) === Math.floor(address / size);
}

const PREFIX_LENGTH = /^([0-9]|[12][0-9]|3[0-2])$/;

/** The address that a text's first characters write, as a number. */
function addressIn(text: string, end: number): number | undefined {
  let address = 0;
  let dots = 0;
  let octet: number | undefined;
  for (let at = 0; at < end; at++) {
    const character = text.charAt(at);
    if (character === '.' && octet !== undefined) {
      address = address * 256 + octet;
      octet = undefined;
      dots++;
    } else {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = (octet ?? 0) * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet !== undefined ? address * 256 + octet : undefined;
}
