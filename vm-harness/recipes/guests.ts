import { standard, vgDisks } from '../lab/layouts.ts';
import { type Recipe, repaired } from './recipe.ts';

/** An incident that only a booting machine can have: the disks alone do not show it. */
export interface GuestRecipe extends Recipe {
  readonly kernelArguments: readonly string[];
}

export const guestRecipes: readonly GuestRecipe[] = [
  {
    id: 'lvm2-not-activated',
    title: 'the kernel command line names another volume than the one that root is on',
    seeds: ['A1'],
    disks: vgDisks(2),
    build: standard(2),
    break: () => {},
    kernelArguments: ['rd.lvm.lv=vm1-vg/swap_1'],
    expect: repaired('lvm2-not-activated'),
  },
];
