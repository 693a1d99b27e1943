// Serves Azurite's tables, in memory, at a free port. Says the root of the service, with a shared
// access signature in its query, on stdout in one line of JSON once it is ready, and ends when its
// standard input does: when the test that has started it is gone.
const { createHmac, randomBytes } = require('node:crypto')

process.stdin.resume().on('end', () => process.exit(0))

// stdout is for that one line.
for (const level of ['log', 'info', 'debug']) console[level] = console.error

const ACCOUNT = 'live'
const key = randomBytes(32)
process.env.AZURITE_ACCOUNTS = `${ACCOUNT}:${key.toString('base64')}`

// Azurite's package has no entry for programs; its own command line starts the server like this.
const TableConfiguration = require('azurite/dist/src/table/TableConfiguration').default
const TableServer = require('azurite/dist/src/table/TableServer').default

/** The query of an account's signature: all tables, all permissions, for an hour. */
function signature() {
  const expiry = new Date(Date.now() + 3600e3).toISOString().replace(/\.\d+/, '')
  const [version, services, types, permissions, protocols] = ['2020-08-04', 't', 'sco', 'rwdlacu', 'https,http']
  const signed = [ACCOUNT, permissions, services, types, '', expiry, '', protocols, version, ''].join('\n')
  const sig = createHmac('sha256', key).update(signed, 'utf8').digest('base64')
  return new URLSearchParams({
    sv: version, ss: services, srt: types, sp: permissions, se: expiry, spr: protocols, sig,
  })
}

async function main() {
  const positional = ['127.0.0.1', 0, 5, '', false, false]
  const configuration = new TableConfiguration(...positional)
  configuration.isMemoryPersistence = true
  const server = new TableServer(configuration)
  await server.start()
  const root = `${server.getHttpServerAddress()}/${ACCOUNT}/?${signature()}`
  process.stdout.write(`${JSON.stringify({ v3: root })}\n`)
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
