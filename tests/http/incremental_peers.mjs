// Queries of the npm package @apollo/client, in both formats of incremental delivery; prints what
// its user is shown, result by result.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";

const QUERY = gql`
  query {
    me {
      id
      name
      ... @defer(label: "tax") {
        income
        ... @defer(label: "health") {
          blood
        }
      }
    }
    all @stream(initialCount: 1, label: "all") {
      id
      rate
    }
  }
`;

async function shown(uri, incrementalHandler) {
  const link = new HttpLink({ uri });
  const client = new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler });
  const results = [];
  await new Promise((resolve, reject) => {
    client.watchQuery({ query: QUERY, errorPolicy: "all" }).subscribe({
      next: ({ data, dataState, error }) => {
        if (error) reject(error);
        if (data) results.push(structuredClone(data));
        if (dataState === "complete") resolve();
      },
      error: reject,
    });
  });
  client.stop();
  return results;
}

const uri = process.argv[2];
console.log(
  JSON.stringify({
    earlier: await shown(uri, new Defer20220824Handler()),
    current: await shown(uri, new GraphQL17Alpha9Handler()),
  }),
);
process.exit(0);
