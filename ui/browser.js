// Answers for this browser: a key that its Web Crypto keeps and nobody can read signs the number that the page gives. Told once, when
// it is made. Where the address is not secure (plain http to another machine) or storage is shut, the key lives as long as the page.
const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

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

export default function ({ data, setStateValue }) {
  const { nonce, fresh } = data;
  const round = `${nonce} ${fresh}`;
  if (window.malmoiAnswered === round) return;
  window.malmoiAnswered = round;
  answer(nonce, fresh)
    .catch(() => ({ nonce, fresh, id: hex(random(16)), proof: "", key: hex(random(32)), kept: false }))
    .then((told) => setStateValue("told", told));
}
