// A subgraph made of the npm packages graphql-ws and graphql-sse, and a client made of the latter.
import http from "node:http";
import { buildSchema } from "graphql";
import { createClient } from "graphql-sse";
import { createHandler } from "graphql-sse/lib/use/http";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const schema = buildSchema(`
  type Query { nothing: Int }
  type Subscription { count(to: Int!): Int fail: Int }
`);
let cancelled = 0;
schema.getSubscriptionType().getFields().count.subscribe = async function* (_, { to }) {
  try {
    for (let n = 1; n <= to; n++) {
      yield { count: n };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    cancelled++;
  }
};
schema.getSubscriptionType().getFields().fail.subscribe = async () => {
  throw new Error("not today");
};

const handle = createHandler({ schema });
const server = http.createServer((request, response) => handle(request, response));
useServer({ schema }, new WebSocketServer({ server, path: "/graphql" }));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

async function collect(gateway, query, most = Infinity) {
  const client = createClient({ url: gateway, singleConnection: false, retryAttempts: 0 });
  const found = [];
  try {
    for await (const event of client.iterate({ query })) {
      found.push(event);
      if (found.length >= most) break;
    }
  } catch (error) {
    found.push({ status: error?.response?.status ?? String(error) });
  }
  client.dispose();
  return found;
}

for await (const line of process.stdin) {
  const gateway = String(line).trim();
  const result = {
    whole: await collect(gateway, "subscription { count(to: 4) }"),
    cut: await collect(gateway, "subscription { count(to: 100000) }", 2),
    failed: await collect(gateway, "subscription { fail }"),
    invalid: await collect(gateway, "subscription { unknown }"),
    query: await collect(gateway, "{ __typename }"),
  };
  for (let n = 0; n < 300 && cancelled < 2; n++) await new Promise((go) => setTimeout(go, 10));
  console.log(JSON.stringify({ ...result, cancelled }));
  process.exit(0);
}
