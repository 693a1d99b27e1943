// Serves Azurite's tables, in memory, at a free port. Says the root of the service, with a shared
// access signature in its query, on stdout in one line of JSON once it is ready, and ends when its
// standard input does: when the test that has started it is gone.
const account = require('./account')

process.stdin.resume().on('end', () => process.exit(0))

// Azurite's package has no entry for programs; its own command line starts the server like this.
const TableConfiguration = require('azurite/dist/src/table/TableConfiguration').default
const TableServer = require('azurite/dist/src/table/TableServer').default

async function main() {
  const positional = ['127.0.0.1', 0, 5, '', false, false]
  const configuration = new TableConfiguration(...positional)
  configuration.isMemoryPersistence = true
  const server = new TableServer(configuration)
  await server.start()
  const root = `${server.getHttpServerAddress()}/${account.name}/?${account.signature('t', 'rwdlacu')}`
  process.stdout.write(`${JSON.stringify({ v3: root })}\n`)
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
