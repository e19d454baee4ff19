import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopback } from '../loopback.ts';

/** How long a name server is waited for before the next is asked, and each twice. */
const PATIENCE_MS = 1_000;

const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * Stands in for `dns.lookup`, which blocks a thread that Node's exit waits for: with name servers that do not answer, as
 * off a VPN, for up to half a minute. So these are first asked without a thread. Where they answer at once the system's own
 * lookup does too, and decides, since it alone knows of search domains, mDNS and the rest; where they are slow, what they
 * said is taken. Names that need no name server go straight to the system.
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  const askSystem = () => dns.lookup(hostname, options, callback);
  if (isIP(hostname) || isLoopback(hostname) || isInHostsFile(hostname)) return askSystem();
  const start = performance.now();
  const resolver = new dns.promises.Resolver({ timeout: PATIENCE_MS, tries: 2 });
  Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]).then((answers) => {
    if (performance.now() - start < PATIENCE_MS) return askSystem();
    const addresses = answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .map((address) => ({ address, family: isIP(address) }));
    const [first] = addresses;
    if (!first) callback(Object.assign(new Error('no name server answered'), { code: dns.TIMEOUT }), '');
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function isInHostsFile(hostname: string): boolean {
  try {
    const lines = readFileSync(HOSTS_FILE, 'utf8').toLowerCase().split('\n');
    return lines.some((line) => line.replace(/#.*/, '').trim().split(/\s+/).includes(hostname, 1));
  } catch {
    return false;
  }
}
