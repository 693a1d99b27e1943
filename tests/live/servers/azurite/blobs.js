// Serves Azurite's blobs, in memory, at a free port, with one empty container. Says on stdout, in one
// line of JSON, what a client has to know, then a line for each GET of a blob: its path and range.
// Ends when its standard input does: when the test that has started it is gone.
const http = require('node:http')
const account = require('./account')

process.stdin.resume().on('end', () => process.exit(0))

const CONTAINER = 'media'

// Azurite's package has no entry for programs; its own command line starts the server like this.
const BlobConfiguration = require('azurite/dist/src/blob/BlobConfiguration').default
const BlobServer = require('azurite/dist/src/blob/BlobServer').default

const say = what => process.stdout.write(`${JSON.stringify(what)}\n`)

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
  const container = `${address}/${account.name}/${CONTAINER}?restype=container&${account.signature('b', 'rwdlac')}`
  const made = await fetch(container, { method: 'PUT' })
  if (!made.ok) throw new Error(`the container was not made: ${made.status} ${await made.text()}`)
  const endpoint = `http://127.0.0.1:${await tell(address)}/${account.name}`
  say({ endpoint, account: account.name, key: account.key, container: CONTAINER })
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
