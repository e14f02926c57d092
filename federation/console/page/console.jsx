// The page: GraphiQL below a bar that says who asks, for which purpose, and with whose consent.
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./console.css";

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(`/console/${["json", "graphql"].includes(label) ? label : "editor"}.worker.js`),
};

// Queries hold identity numbers and headers hold tokens: nothing outlives the page.
function memoryStorage() {
  const values = new Map();
  return {
    get length() {
      return values.size;
    },
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, String(value)),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
  };
}

const WELCOME = "# Who am I, and what may I see?\n{\n  __typename\n}\n";
const NOBODY = { id: "", token: "", purpose: "", consent: "" };

function headersOf(identity) {
  const headers = {};
  if (identity.token.trim()) headers.Authorization = `Bearer ${identity.token.trim()}`;
  if (identity.purpose.trim()) headers["Datong-Purpose"] = identity.purpose.trim();
  if (identity.consent.trim()) headers["Datong-Consent"] = identity.consent.trim();
  return headers;
}

async function send(identity, params, extra) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      ...headersOf(identity),
      ...extra,
    },
    body: JSON.stringify(params),
  });
  return answer.json();
}

function Text({ label, value, onChange, secret }) {
  return (
    <label>
      {label}
      <input
        type={secret ? "password" : "text"}
        name={label.toLowerCase()}
        value={value}
        autoComplete="off"
        spellCheck="false"
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function Choice({ label, value, options, onChange }) {
  return (
    <label>
      {label}
      <select
        name={label.toLowerCase()}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">–</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

function Console({ demo }) {
  const [identity, setIdentity] = useState(NOBODY);
  const [storyName, setStoryName] = useState("");
  const storage = useMemo(memoryStorage, []);
  const fetcher = useMemo(
    () => (params, options) => send(identity, params, options?.headers),
    [identity],
  );
  const story = demo.stories.find((each) => each.name === storyName);
  const change = (key) => (value) => setIdentity({ ...identity, [key]: value });
  const chooseCaller = (id) =>
    setIdentity({ ...NOBODY, ...demo.callers.find((caller) => caller.id === id) });
  return (
    <>
      <header className="datong-bar">
        <strong>Datong 大同</strong>
        {demo.callers.length > 0 && (
          <>
            <Choice
              label="Caller"
              value={identity.id}
              options={demo.callers.map((caller) => caller.id)}
              onChange={chooseCaller}
            />
            <Choice
              label="Story"
              value={storyName}
              options={demo.stories.map((each) => each.name)}
              onChange={setStoryName}
            />
          </>
        )}
        <Text label="Token" value={identity.token} onChange={change("token")} secret />
        <Text label="Purpose" value={identity.purpose} onChange={change("purpose")} />
        <Text label="Consent" value={identity.consent} onChange={change("consent")} secret />
      </header>
      <main className="datong-editor">
        <GraphiQL
          key={`${identity.id} ${storyName}`}
          fetcher={fetcher}
          storage={storyName ? memoryStorage() : storage}
          shouldPersistHeaders={false}
          defaultQuery={WELCOME}
          initialQuery={story?.query}
          initialVariables={story && JSON.stringify(story.variables, null, 2)}
        />
      </main>
    </>
  );
}

async function loadDemo() {
  const answer = await fetch("/demo/session").catch(() => null);
  return answer?.ok ? answer.json() : { callers: [], stories: [] };
}

function Page() {
  const [demo, setDemo] = useState(null);
  useEffect(() => void loadDemo().then(setDemo), []);
  return demo && <Console demo={demo} />;
}

createRoot(document.getElementById("page")).render(<Page />);
