import assert from 'node:assert/strict';
import { FLAVOURS, type Flavour, type Mode, SUITES, type Suite } from '../guest/suites.ts';
import { allWhole, comesUp, wentUnnoticed } from './expectations.ts';
import { acceptRepair, awaitOffer, goOn, pick, takeShell } from './person.ts';
import { guestIncident, incident, SHORT_WAIT } from './pick-recipe.ts';
import type { Scenario } from './scenario.ts';

/** The published incidents, on every system, by both ways: and machines that nothing is wrong with. */

/** Where the good generation is left differs. (The archive in an initramfs is as old as the initramfs.) */
const A2: Record<Flavour, string> = {
  'initramfs-tools': 'a2-ring',
  dracut: 'a2-stale-disk',
  'dracut-without-systemd': 'a2-ring',
};

/** In every `npm test`: each flavour, each incident, each way and each mode at least once. */
const ALWAYS = [
  'a1/bookworm/initramfs-tools/hook/offer',
  'a1/bookworm/dracut/embed/offer',
  'a2/bookworm/initramfs-tools/append/auto',
  'a2/bookworm/dracut/hook/auto',
  'a2/bookworm/dracut-without-systemd/hook/auto',
];

type Incident = 'a1' | 'a2';
type Way = 'auto' | 'offer';

function incidentScenarios(): Scenario[] {
  const bothWays: readonly [Incident, Way][] = [
    ['a1', 'auto'],
    ['a1', 'offer'],
    ['a2', 'auto'],
    ['a2', 'offer'],
  ];
  const others = SUITES.filter((suite) => suite !== 'bookworm');
  return FLAVOURS.flatMap((flavour) => [
    ...bothWays.map(([name, way]) => repairs('bookworm', flavour, 'hook', name, way)),
    ...(['embed', 'append'] as const).flatMap((mode) =>
      flavour === 'dracut-without-systemd'
        ? []
        : [
            repairs('bookworm', flavour, mode, 'a1', 'offer'),
            repairs('bookworm', flavour, mode, 'a2', 'auto'),
          ],
    ),
    ...others.flatMap((suite) => [
      repairs(suite, flavour, 'hook', 'a1', 'offer'),
      repairs(suite, flavour, 'hook', 'a2', 'auto'),
    ]),
  ]);
}

function repairs(suite: Suite, flavour: Flavour, mode: Mode, name: Incident, way: Way): Scenario {
  const fault = name === 'a1' ? 'lvm2-pv-marked-missing' : 'lvm2-pv-dropped';
  const recipe = incident(name === 'a1' ? 'a1-archive' : A2[flavour]);
  const id = `${name}/${suite}/${flavour}/${mode}/${way}`;
  return {
    ...{ suite, flavour, mode, id, way, recipe, title: recipe.title, always: ALWAYS.includes(id) },
    kernelArguments: way === 'auto' ? ['rd.lvmedic=auto'] : SHORT_WAIT,
    play: async (guest) => {
      if (way === 'offer') await acceptRepair(guest.console);
      allWhole(await comesUp(guest, { fault, isInstalled: mode !== 'append' }));
    },
  };
}

const healthyScenarios: readonly Scenario[] = SUITES.flatMap((suite) =>
  FLAVOURS.flatMap((flavour) =>
    (suite === 'bookworm' ? (['ask', 'auto'] as const) : (['ask'] as const)).map((setting) => ({
      ...{ suite, flavour, mode: 'hook' as const, way: 'nobody' as const },
      id: `healthy/${suite}/${flavour}/hook/${setting}`,
      title: 'nothing is wrong: nothing is printed, and lvmedic does not run',
      always: suite === 'bookworm' && setting === 'ask' && flavour !== 'dracut-without-systemd',
      kernelArguments: setting === 'auto' ? ['rd.lvmedic=auto'] : [],
      play: async (guest) => {
        const report = await comesUp(guest);
        allWhole(report);
        wentUnnoticed(guest, report);
      },
    })),
  ),
);

const lockOverride: Scenario = {
  id: 'lock-override/bullseye/dracut/hook/shell',
  title:
    'dracut 051 forbids lvm to write (locking_type = 4): plain commands are refused, lvmedic overrides it',
  ...{ suite: 'bullseye', flavour: 'dracut', mode: 'hook', way: 'shell', always: true },
  recipe: incident('a1-archive'),
  kernelArguments: SHORT_WAIT,
  play: async (guest) => {
    const { console } = guest;
    await takeShell(console);
    const config = await console.shell('cat /etc/lvm/lvm.conf');
    assert.match(config.output, /locking_type *= *4/);
    const plain = await console.shell('lvm vgextend --restoremissing vm1-vg /dev/sdb1');
    assert.notEqual(plain.status, 0, plain.output);
    assert.match(plain.output, /locking type|read-only|prohibit/i);
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    assert.match(repair.output, /locking_type=1/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: 'lvm2-pv-marked-missing' }));
  },
};

const notActivated: readonly Scenario[] = (['dracut', 'dracut-without-systemd'] as const).flatMap((flavour) =>
  (['auto', 'offer'] as const).map((way) => ({
    id: `lvm2-not-activated/bookworm/${flavour}/hook/${way}`,
    ...{ suite: 'bookworm' as const, flavour, mode: 'hook' as const, way },
    title: 'all volumes are whole, boot waits for root, and nothing activates it',
    recipe: guestIncident('lvm2-not-activated'),
    kernelArguments: way === 'auto' ? ['rd.lvmedic=auto'] : SHORT_WAIT,
    play: async (guest) => {
      if (way === 'offer') {
        pick(guest.console, await awaitOffer(guest.console), /Activate what is whole/);
        await goOn(guest.console);
      }
      allWhole(await comesUp(guest, { fault: 'lvm2-not-activated', isRepaired: false }));
    },
  })),
);

export const incidentTable: readonly Scenario[] = [
  ...incidentScenarios(),
  ...healthyScenarios,
  lockOverride,
  ...notActivated,
];
