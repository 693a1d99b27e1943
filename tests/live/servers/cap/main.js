// Serves the bookshop at a free port. Says where on stdout, in one line of JSON, once it is ready,
// and ends when its standard input does: when the test that has started it is gone.
process.chdir(__dirname)
process.stdin.resume().on('end', () => process.exit(0))

const cds = require('@sap/cds')

// stdout is for that one line.
for (const level of ['log', 'info', 'debug']) console[level] = console.error

cds.on('served', () => cds.services.Shop.fill())

cds.on('listening', ({ server }) => {
  const { port } = server.address()
  const root = `http://localhost:${port}`
  process.stdout.write(`${JSON.stringify({ v4: `${root}/odata/v4/shop/`, v2: `${root}/odata/v2/shop/` })}\n`)
})

cds.exec('all', '--port', '0', '--in-memory').catch(error => {
  console.error(error)
  process.exit(1)
})
