import { EXIT } from '../exit-codes.ts';
import { CATALOGUE, faultCalled } from '../faults/catalogue.ts';
import type { Command } from './command.ts';

export const explainCommand: Command = {
  name: 'explain',
  operands: '[FAULT]',
  summary: 'The manual of every fault: cause, signs, repair, risk',
  help: `
  lvmedic explain                         all faults, a line each
  lvmedic explain lvm2-pv-marked-missing  one of them
`,
  options: [],
  async run({ face, operands }) {
    const [id, ...more] = operands;
    const fault = id === undefined ? undefined : faultCalled(id);
    if (more.length > 0 || (id !== undefined && fault === undefined)) {
      const known = CATALOGUE.map((each) => each.id).join(', ');
      face.error(`there is no fault called "${operands.join(' ')}". There are: ${known}`, EXIT.usage);
      return EXIT.usage;
    }
    const result = { type: 'result', schemaVersion: 1, command: 'explain', exitStatus: EXIT.nothingWrong };
    if (fault === undefined) {
      face.say(CATALOGUE.map((each) => `${each.id.padEnd(28)} ${each.summary}`));
      face.result({ ...result, faults: CATALOGUE.map(({ id, layer, summary }) => ({ id, layer, summary })) });
    } else {
      const { layer, summary, doc } = fault;
      face.say([`${fault.id}: ${summary}`, ...doc.trimEnd().split('\n')]);
      face.result({ ...result, faults: [{ id: fault.id, layer, summary, doc: doc.trim() }] });
    }
    return EXIT.nothingWrong;
  },
};
