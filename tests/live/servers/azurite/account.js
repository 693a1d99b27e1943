// The account that Azurite is started with, and shared access signatures of it.
const { createHmac, randomBytes } = require('node:crypto')

// stdout is for what clients have to know.
for (const level of ['log', 'info', 'debug']) console[level] = console.error

const name = 'live'
const key = randomBytes(32)
process.env.AZURITE_ACCOUNTS = `${name}:${key.toString('base64')}`

/** The query of a signature for all that a service has, for an hour. */
function signature(services, permissions) {
  const expiry = new Date(Date.now() + 3600e3).toISOString().replace(/\.\d+/, '')
  const [version, types, protocols] = ['2020-08-04', 'sco', 'https,http']
  const signed = [name, permissions, services, types, '', expiry, '', protocols, version, ''].join('\n')
  const sig = createHmac('sha256', key).update(signed, 'utf8').digest('base64')
  return new URLSearchParams({
    sv: version, ss: services, srt: types, sp: permissions, se: expiry, spr: protocols, sig,
  })
}

module.exports = { name, key: key.toString('base64'), signature }
