import type { Console, Patience } from './console.ts';

/** What the running system told of itself (`system/guest-marker`). */
export interface GuestReport {
  /** Files whose content is not what was laid there, and `swap` when none is in use; empty when all is well. */
  readonly payloadProblems: readonly string[];
  /** From the start of the kernel. */
  readonly uptimeSeconds: number;
  readonly failedUnits: readonly string[];
  readonly lvs: readonly {
    readonly name: string;
    readonly vg: string;
    readonly isActive: boolean;
    readonly attributes: string;
  }[];
  /** Mount points. */
  readonly mounts: readonly string[];
  /** Every section as it was printed, by its name in the script. */
  readonly sections: ReadonlyMap<string, string>;
}

/** Device waits of 90 s may come first. */
const UP_SECONDS = 400;

/** Waits until the system is up and has said how. */
export async function waitForReport(
  console: Console,
  { seconds = UP_SECONDS }: Patience = {},
): Promise<GuestReport> {
  const [, payload = ''] = await console.waitFor(/\nGUEST-UP payload=(\S+)\n/, { seconds });
  const [, text = ''] = await console.waitFor(/([\s\S]*?)\nGUEST-END\n/, { seconds: 120 });
  const sections = new Map<string, string>();
  for (const section of text.split(/^GUEST-SECTION /m).slice(1)) {
    const nameEnd = section.indexOf('\n');
    sections.set(section.slice(0, nameEnd), section.slice(nameEnd + 1));
  }
  const lines = (name: string) => (sections.get(name) ?? '').split('\n').filter((line) => line.trim() !== '');
  return {
    payloadProblems: payload === 'ok' ? [] : payload.split(','),
    uptimeSeconds: Number.parseFloat(sections.get('uptime') ?? 'NaN'),
    failedUnits: lines('failed-units').map((line) => line.trim().split(/\s+/)[0] ?? ''),
    mounts: lines('mounts').map((line) => line.split(/\s+/)[0] ?? ''),
    lvs: lines('lvs')
      .filter((line) => line.includes('|'))
      .map((line) => {
        const [name = '', vg = '', active = '', attributes = ''] = line.trim().split('|');
        return { name, vg, isActive: active === 'active', attributes };
      }),
    sections,
  };
}
