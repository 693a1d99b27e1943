'use strict';
// What the programs of this folder share.

const fs = require('node:fs');
const https = require('node:https');

exports.sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

exports.equalFiles = (one, other) => fs.readFileSync(one).equals(fs.readFileSync(other));

/** Reads a URL, as a player does that has been given it. */
exports.get = (url) =>
  new Promise((resolve, reject) => {
    const request = https.get(url, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode, body: Buffer.concat(pieces).toString('latin1') });
      });
    });
    request.on('error', reject);
  });
