// Answers for this browser: a key that its Web Crypto keeps and nobody can read signs the number that the page gives. Told once, when
// it is made. Where the address is not secure (plain http to another machine) or storage is shut, the key lives as long as the page.
const AGAIN = 4000; // ms
const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

// The token or code that an address brought stays in no entry that the Back button finds: what follows takes its place.
const push = history.pushState;
history.pushState = function (...given) {
  const brought = new URLSearchParams(location.search);
  const step = brought.has("token") || brought.has("invite") ? history.replaceState : push;
  step.apply(this, given);
};

async function opened() {
  const request = indexedDB.open("malmoi", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("browser");
  return (await asked(request)).transaction("browser", "readwrite").objectStore("browser");
}

async function made() {
  const [raw, id] = [random(32), hex(random(16))];
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  await asked((await opened()).put({ id, key }, "own"));
  return { id, key, told: hex(raw) };
}

async function answer(nonce, fresh) {
  const known = fresh ? undefined : await asked((await opened()).get("own"));
  const own = known ?? (await made());
  const proof = hex(await crypto.subtle.sign("HMAC", own.key, new TextEncoder().encode(nonce)));
  return { nonce, fresh, id: own.id, proof, key: own.told ?? null, kept: true };
}

// Once for each question, however often it is drawn; again while it stays on the page: the first answer can be lost with a connection
// that breaks just then, and only the server takes the question away.
export default function ({ data, parentElement, setStateValue }) {
  const { nonce, fresh } = data;
  const round = `${nonce} ${fresh}`;
  if (parentElement.malmoiRound === round) return;
  parentElement.malmoiRound = round;
  const answered = answer(nonce, fresh).catch(() => ({
    nonce, fresh, id: hex(random(16)), proof: "", key: hex(random(32)), kept: false,
  }));
  const tell = async (time) => {
    const told = await answered;
    if (!parentElement.isConnected || parentElement.malmoiRound !== round) return;
    setStateValue("told", { ...told, time });
    setTimeout(tell, AGAIN, time + 1);
  };
  tell(1);
}
