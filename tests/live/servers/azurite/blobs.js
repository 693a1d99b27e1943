// Serves Azurite's blobs, in memory, at a free port, with one empty container. Says on stdout, in one
// line of JSON, what a client has to know, then a line for each GET of a blob: its path and range.
// Ends when its standard input does: when the test that has started it is gone.
const { createHmac, randomBytes } = require('node:crypto')
const http = require('node:http')

process.stdin.resume().on('end', () => process.exit(0))

// stdout is for those lines.
for (const level of ['log', 'info', 'debug']) console[level] = console.error

const ACCOUNT = 'live'
const CONTAINER = 'media'
const key = randomBytes(32)
process.env.AZURITE_ACCOUNTS = `${ACCOUNT}:${key.toString('base64')}`

// Azurite's package has no entry for programs; its own command line starts the server like this.
const BlobConfiguration = require('azurite/dist/src/blob/BlobConfiguration').default
const BlobServer = require('azurite/dist/src/blob/BlobServer').default

const say = what => process.stdout.write(`${JSON.stringify(what)}\n`)

/** The query of an account's signature: all blobs, all permissions, for an hour. */
function signature() {
  const expiry = new Date(Date.now() + 3600e3).toISOString().replace(/\.\d+/, '')
  const [version, services, types, permissions, protocols] = ['2020-08-04', 'b', 'sco', 'rwdlac', 'https,http']
  const signed = [ACCOUNT, permissions, services, types, '', expiry, '', protocols, version, ''].join('\n')
  const sig = createHmac('sha256', key).update(signed, 'utf8').digest('base64')
  return new URLSearchParams({
    sv: version, ss: services, srt: types, sp: permissions, se: expiry, spr: protocols, sig,
  })
}

/** Passes everything on, and tells of each GET of a blob. */
function tell(target) {
  const server = http.createServer((request, response) => {
    if (request.method === 'GET' && !request.url.includes('comp=')) {
      const range = request.headers.range ?? request.headers['x-ms-range'] ?? null
      say({ get: request.url, range })
    }
    const { method, headers } = request
    const onward = http.request(new URL(request.url, target), { method, headers }, answer => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

async function main() {
  const configuration = new BlobConfiguration('127.0.0.1', 0, 5, '', '', [], false)
  configuration.skipApiVersionCheck = true
  configuration.isMemoryPersistence = true
  const server = new BlobServer(configuration)
  await server.start()
  const address = server.getHttpServerAddress()
  const container = `${address}/${ACCOUNT}/${CONTAINER}?restype=container&${signature()}`
  const made = await fetch(container, { method: 'PUT' })
  if (!made.ok) throw new Error(`the container was not made: ${made.status} ${await made.text()}`)
  const endpoint = `http://127.0.0.1:${await tell(address)}/${ACCOUNT}`
  say({ endpoint, account: ACCOUNT, key: key.toString('base64'), container: CONTAINER })
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
