import { type ConfigNode, findNumber, findString } from '../../../model/config-tree.ts';
import type { Problem } from '../../../model/problem.ts';

const UUID = /^[0-9A-Za-z!#]{6}(-[0-9A-Za-z!#]{4}){5}-[0-9A-Za-z!#]{6}$/;

/** Reads the keys without which lvm refuses a text: each that is missing or senseless becomes a problem. */
export class RequiredKeys {
  readonly problems: Problem[] = [];

  lack(code: string, message: string): void {
    this.problems.push({ code, message });
  }

  number(nodes: readonly ConfigNode[], key: string, where: string): number {
    const value = findNumber(nodes, key);
    if (value === undefined) this.lack('text-number', `${where} has no valid ${key}.`);
    return value ?? 0;
  }

  uuid(nodes: readonly ConfigNode[], where: string): string {
    const id = findString(nodes, 'id') ?? '';
    if (!UUID.test(id)) this.lack('text-uuid', `${where} has no valid id.`);
    return id;
  }
}
