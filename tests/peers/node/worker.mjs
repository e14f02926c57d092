// Answers questions about the peers: one JSON object a line in, one a line out, in order.
// argv: the folder that holds node_modules.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/`);
const { parse, specifiedRules, validate } = require("graphql");
const apollo = require("@apollo/composition");
const guild = require("@theguild/federation-composition");
const { ApolloGateway } = require("@apollo/gateway");
const { QueryPlanner } = require("@apollo/query-planner");
const { operationFromDocument, Supergraph } = require("@apollo/federation-internals");

// Standard output carries the answers; what a peer logs goes to standard error.
for (const name of ["log", "info", "warn", "debug"]) console[name] = console.error;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const codes = (found) => found.map((each) => each.extensions?.code ?? `NO_CODE: ${each.message}`);

// {"subgraphs": [{name, url, sdl}], "by": "apollo" | "guild"}
function compose({ subgraphs, by }) {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const result = by === "guild" ? guild.composeServices(services) : apollo.composeServices(services);
  const errors = result.errors ?? [];
  return {
    supergraph: errors.length ? null : result.supergraphSdl,
    errors: codes(errors),
    messages: errors.map((each) => each.message),
    hints: (result.hints ?? []).map((each) => each.definition?.code ?? each.code),
  };
}

// {"supergraph": SDL, "operations": [text]} -> the plan of each, or why there is none
let latest = {};
function plan({ supergraph, operations }) {
  if (latest.supergraph !== supergraph) {
    const built = Supergraph.build(supergraph);
    latest = { supergraph, planner: new QueryPlanner(built), schema: built.apiSchema() };
  }
  const { planner, schema } = latest;
  return operations.map((text) => {
    try {
      return { plan: planner.buildQueryPlan(operationFromDocument(schema, parse(text))) };
    } catch (error) {
      return { error: String(error.message) };
    }
  });
}

// {"supergraph": SDL}: what later requests are executed against
let gateway = null;
async function load({ supergraph }) {
  await gateway?.stop();
  gateway = new ApolloGateway({ supergraphSdl: supergraph, logger: quiet });
  gateway.onSchemaLoadOrUpdate(({ apiSchema }) => (gateway.api = apiSchema));
  gateway.run = (await gateway.load()).executor;
  return {};
}

// {"query": text} -> the gateway's response
async function execute({ query }) {
  const document = parse(query);
  const faults = validate(gateway.api, document, specifiedRules);
  if (faults.length) return { errors: faults.map((each) => each.toJSON()) };
  return gateway.run({
    document,
    request: { query, variables: {} },
    queryHash: query,
    context: {},
    metrics: {},
    schema: gateway.api,
    logger: quiet,
  });
}

const actions = { compose, plan, load, execute };
for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = { result: await actions[action](question) };
  } catch (error) {
    answer = { fault: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await gateway?.stop();
process.exit(0);
