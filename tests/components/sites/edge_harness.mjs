// Runs a function of CloudFront on many events: its stubs of CloudFront stand beside it. Reads {state, events} from
// standard input, writes the answers.
import { readFileSync } from 'node:fs';

const { state, events, file } = JSON.parse(readFileSync(0, 'utf8'));
globalThis.storedState = state;
const { handler } = await import(file);
const answers = [];
for (const event of events) answers.push(await handler(event));
process.stdout.write(JSON.stringify(answers));
