// The service as a process with a film in it, and what clients do to protect the film.

import { execFileSync, spawn } from "node:child_process";
import {
  constants,
  createHmac,
  publicEncrypt,
  randomBytes,
  randomUUID,
  X509Certificate,
} from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A server manifest of `film.mp4`, and of other files with the sound in other languages. */
export function ism(others = {}) {
  const sounds = Object.entries({ eng: "film.mp4", ...others }).map(
    ([language, file]) =>
      `<audio src="${file}" systemBitrate="64000" systemLanguage="${language}" title="${language}"/>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<smil xmlns="http://www.w3.org/2001/SMIL20/Language"><head><meta name="formats" content="mp4"/></head>
<body><switch><video src="film.mp4" systemBitrate="300000"/>${sounds.join("")}</switch></body></smil>`;
}

/** Signs tokens. */
const SECRET = Buffer.alloc(64, 7);

const NAMESPACE =
  "http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/TokenRestrictionTemplate/v1";

const TEMPLATE = `<TokenRestrictionTemplate xmlns="${NAMESPACE}"
    xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <AlternateVerificationKeys/>
  <Audience>urn:test</Audience>
  <Issuer>https://issuer/</Issuer>
  <PrimaryVerificationKey i:type="SymmetricVerificationKey">
    <KeyValue>${SECRET.toString("base64")}</KeyValue>
  </PrimaryVerificationKey>
  <RequiredClaims/>
  <TokenType>JWT</TokenType>
</TokenRestrictionTemplate>`;

/** Restrictions of a key that is delivered for a token. */
export const TOKEN_RESTRICTED = [
  { Name: "token", KeyRestrictionType: 1, Requirements: TEMPLATE },
];

/** A JSON web token that TOKEN_RESTRICTED lets pass. */
export function token() {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: "https://issuer/", aud: "urn:test", nbf: now - 10, exp: now + 600 };
  const part = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** Two levels of picture with pictures between pictures (B-frames), and sound. */
const LADDER = {
  Version: 1.0,
  Codecs: [
    {
      Type: "H264Video",
      KeyFrameInterval: "00:00:02",
      H264Layers: [
        { Type: "H264Layer", Bitrate: 900, Width: 320, Height: 180, BFrames: 3 },
        { Type: "H264Layer", Bitrate: 400, Width: 160, Height: 90, BFrames: 3 },
      ],
    },
    { Type: "AACAudio", Profile: "AACLC", Channels: 2, SamplingRate: 48000, Bitrate: 128 },
  ],
  Outputs: [
    { FileName: "{Basename}_{Height}_{VideoBitrate}.mp4", Format: { Type: "MP4Format" } },
  ],
};

/** How long a job may take, an endpoint to start and the service to end, in milliseconds. */
const PATIENCE = 120_000;

const FINISHED = 3;

const VERBOSE = "application/json;odata=verbose";

/** Starts the service: what MEDIAD names, or that of this workspace. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "mediad-browser-"));
  const program = process.env.MEDIAD ?? build();
  const child = spawn(program, ["serve", "--data", join(folder, "data"), "--x264-preset", "ultrafast"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (said) => (log = (log + said).slice(-4000)));
  // Rejects if there is no such program.
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = await Promise.race([lines.next().then(({ value }) => value), ended.then(() => undefined)]);
  if (line === undefined) {
    await ended;
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${program} has ended: ${log}`);
  }
  const service = new Service(JSON.parse(line), child, folder);
  try {
    await service.prepare();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

/** Asks again and again until there is something else than undefined. */
async function until(what, look) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`in ${PATIENCE / 1000} s it did not happen that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function build() {
  execFileSync("cargo", ["build", "--quiet", "-p", "mediad"], { cwd: ROOT, stdio: "inherit" });
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  return join(JSON.parse(metadata).target_directory, "debug/mediad");
}

/** Makes a film, and reads it. */
function film(path) {
  const input = "-f lavfi -i testsrc2=s=320x180:r=25:d=8 -f lavfi -i sine=f=440:r=48000:d=8";
  const codecs =
    "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 -c:a aac";
  execFileSync("ffmpeg", [...`-nostdin -v error ${input} ${codecs} -ac 2`.split(" "), path]);
  return readFileSync(path);
}

class Service {
  #info;
  #child;
  #folder;
  #token;
  #film;

  constructor(info, child, folder) {
    this.#info = info;
    this.#child = child;
    this.#folder = folder;
  }

  async prepare() {
    const { token: url, client_id, client_secret } = this.#info;
    const form = { grant_type: "client_credentials", client_id, client_secret };
    const body = new URLSearchParams({ ...form, resource: "https://rest.media.azure.net" });
    this.#token = (await (await fetch(url, { method: "POST", body })).json()).access_token;
    const [endpoint] = (await this.#call("GET", "StreamingEndpoints")).value;
    await this.#call("POST", `StreamingEndpoints('${endpoint.Id}')/Start`);
    await until("the endpoint runs", async () => {
      const { State } = await this.#call("GET", `StreamingEndpoints('${endpoint.Id}')`);
      return State === "Running" || undefined;
    });
  }

  /** A path for a file that goes with the service. */
  path(name) {
    return join(this.#folder, name);
  }

  /** Has a file encoded as LADDER says, and published: the URL of its manifest. */
  async encode(path) {
    const source = (await this.#call("POST", "Assets", { Name: "source" })).Id;
    await this.#upload(source, { "film.mp4": readFileSync(path) });
    await this.#call("GET", `CreateFileInfos?assetid='${encodeURIComponent(source)}'`);
    const processors = (await this.#call("GET", "MediaProcessors")).value;
    const encoder = processors.find(({ Name }) => Name === "Media Encoder Standard");
    const task = {
      Configuration: JSON.stringify(LADDER),
      MediaProcessorId: encoder.Id,
      TaskBody:
        '<?xml version="1.0" encoding="utf-8"?><taskBody><inputAsset>JobInputAsset(0)' +
        "</inputAsset><outputAsset>JobOutputAsset(0)</outputAsset></taskBody>",
    };
    const input = { __metadata: { uri: this.#uri("Assets", source) } };
    const job = { Name: "ladder", InputMediaAssets: [input], Tasks: [task] };
    const { Id } = (await this.#call("POST", "Jobs", job, VERBOSE)).d;
    const of = (navigation) => `Jobs('${encodeURIComponent(Id)}')/${navigation}`;
    const state = await until("the job ends", async () => {
      const value = Number((await this.#call("GET", of("State"))).value);
      return value < FINISHED ? undefined : value;
    });
    if (state !== FINISHED) throw new Error(JSON.stringify(await this.#call("GET", of("Tasks"))));
    const [output] = (await this.#call("GET", of("OutputMediaAssets"))).value;
    const files = (await this.#call("GET", `Assets('${encodeURIComponent(output.Id)}')/Files`)).value;
    const { Name: ism } = files.find(({ Name }) => Name.endsWith(".ism"));
    return `${(await this.#locator(output.Id, 1, 2)).Path}${ism}/manifest`;
  }

  /** Publishes files that are encoded already, `film.ism` among them: the URL of the manifest. */
  async publish(files) {
    const asset = (await this.#call("POST", "Assets", { Name: "film" })).Id;
    await this.#upload(asset, files);
    return `${(await this.#locator(asset, 1, 2)).Path}film.ism/manifest`;
  }

  /** Where keys are delivered. */
  get keys() {
    return `${this.#info.streaming}/keydelivery/`;
  }

  /** An asset with the film, protected by a delivery policy of a type: its URL. */
  async protect({ keyType, restrictions, protocols, policyType, configuration = [] }) {
    const asset = (await this.#call("POST", "Assets", { Name: "film" })).Id;
    this.#film ??= film(this.path("film.mp4"));
    await this.#upload(asset, { "film.ism": ism(), "film.mp4": this.#film });
    const key = await this.#key(keyType, restrictions);
    await this.#link(`Assets('${asset}')`, "ContentKeys", "ContentKeys", key);
    const policy = await this.#call("POST", "AssetDeliveryPolicies", {
      Name: "policy",
      AssetDeliveryProtocol: protocols,
      AssetDeliveryPolicyType: policyType,
      AssetDeliveryConfiguration: JSON.stringify(configuration),
    });
    await this.#link(`Assets('${asset}')`, "DeliveryPolicies", "AssetDeliveryPolicies", policy.Id);
    return `${(await this.#locator(asset, 1, 2)).Path}film.ism/manifest`;
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      const late = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #call(method, path, body, type = "application/json") {
    const headers = {
      accept: type,
      authorization: `Bearer ${this.#token}`,
      dataserviceversion: "3.0",
      "x-ms-version": "2.19",
    };
    if (body) headers["content-type"] = type;
    const options = { method, headers, body: body && JSON.stringify(body) };
    const response = await fetch(`${this.#info.api}${path}`, options);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  #link(from, navigation, set, id) {
    return this.#call("POST", `${from}/$links/${navigation}`, { uri: this.#uri(set, id) });
  }

  #uri(set, id) {
    return `${this.#info.api}${set}('${encodeURIComponent(id)}')`;
  }

  async #locator(asset, permissions, type) {
    const policy = { Name: "policy", DurationInMinutes: 60, Permissions: permissions };
    const { Id } = await this.#call("POST", "AccessPolicies", policy);
    return this.#call("POST", "Locators", { AccessPolicyId: Id, AssetId: asset, Type: type });
  }

  async #upload(asset, files) {
    const { BaseUri, ContentAccessComponent } = await this.#locator(asset, 2, 1);
    const headers = { "x-ms-blob-type": "BlockBlob" };
    for (const [name, body] of Object.entries(files)) {
      const url = `${BaseUri}/${name}${ContentAccessComponent}`;
      const put = await fetch(url, { method: "PUT", headers, body });
      if (!put.ok) throw new Error(`PUT ${name}: ${put.status} ${await put.text()}`);
    }
  }

  /** A content key that is delivered as it is; its id. */
  async #key(type, restrictions) {
    const call = (path) => this.#call("GET", path).then((answer) => answer.value);
    const protection = await call(`GetProtectionKeyId?contentKeyType=${type}`);
    const certificate = await call(`GetProtectionKey?ProtectionKeyId='${protection}'`);
    const { publicKey } = new X509Certificate(Buffer.from(certificate, "base64"));
    const padding = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
    const wrapped = publicEncrypt(padding, randomBytes(16));
    const policies = "ContentKeyAuthorizationPolicies";
    const options = "ContentKeyAuthorizationPolicyOptions";
    const policy = (await this.#call("POST", policies, { Name: "policy" })).Id;
    const option = { Name: "option", KeyDeliveryType: 2, Restrictions: restrictions };
    const { Id } = await this.#call("POST", options, option);
    await this.#link(`${policies}('${policy}')`, "Options", options, Id);
    const key = await this.#call("POST", "ContentKeys", {
      Id: `nb:kid:UUID:${randomUUID()}`,
      ContentKeyType: type,
      EncryptedContentKey: wrapped.toString("base64"),
      ProtectionKeyId: protection,
      ProtectionKeyType: 0,
    });
    await this.#call("MERGE", `ContentKeys('${key.Id}')`, { AuthorizationPolicyId: policy });
    return key.Id;
  }
}
