// Three jobs by the generated client: a list is filled, leads are taken out, results are read. Prints a line for each.
import { campaignsList, exportsGet, leadsCancelMany, listsCreate, listsUpload, resultsList } from "./client/index.js";
import { client } from "./client/client.gen.js";

declare const process: { argv: string[] };
const [url, key] = process.argv.slice(2) as [string, string];
client.setConfig({ baseUrl: url, auth: () => key, throwOnError: true });

const throwOnError = true as const;

const made = await listsCreate({ body: { name: "Renewals, by TypeScript" }, throwOnError });
const read = await listsUpload({
  path: { id: made.data.id },
  headers: { "Idempotency-Key": "november-ts" },
  body: { rows: [{ phone: "+919812345678", name: "Asha" }, { phone: "12" }] },
  throwOnError,
});
if (read.data.rows_accepted !== 1 || read.data.rows_refused !== 1) throw new Error(JSON.stringify(read.data));
console.log(`fillAList: ${read.data.rows_accepted} accepted, ${read.data.rows_refused} refused`);

const campaigns = await campaignsList({ throwOnError });
const filter = { campaign: campaigns.data.results.at(-1)!.id };
const counted = await leadsCancelMany({ body: { filter, dry_run: true }, throwOnError });
const done = await leadsCancelMany({ body: { filter, count: counted.data.count }, throwOnError });
if (done.data.done !== counted.data.count) throw new Error(JSON.stringify(done.data));
console.log(`cancelLeads: ${done.data.done} of ${counted.data.count}`);

const page = await resultsList({ query: { after: 0, wait: 1 }, throwOnError });
const missing = await exportsGet({ path: { id: 999_999_999 }, throwOnError: false });
if (missing.response?.status !== 404) throw new Error("an export that is not there was found");
console.log(`readResults: ${page.data.results.length} entries, the feed goes on after ${page.data.next_after}`);
