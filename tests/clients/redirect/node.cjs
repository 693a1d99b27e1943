'use strict';
// Loaded before a client (node --require): leads port 443 of every host to the address in MEDIAD.
// The clients have Azure's names in them and are run as they are; what they send is not changed.

const dns = require('node:dns');
const net = require('node:net');

const [address, port] = process.env.MEDIAD.split(':');

dns.lookup = function lookup(_name, options, callback) {
  const done = typeof options === 'function' ? options : callback;
  if (options.all) return process.nextTick(done, null, [{ address, family: 4 }]);
  return process.nextTick(done, null, address, 4);
};

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  // Node passes on what it has normalised as one array.
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  if (first !== null && typeof first === 'object' && Number(first.port) === 443) {
    first.port = Number(port);
  }
  return connect.apply(this, given);
};
