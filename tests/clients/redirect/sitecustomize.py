"""Loaded by Python before a client: leads port 443 of every host to the address in MEDIAD.

The clients have Azure's names in them and are run as they are; what they send is not changed.
"""

import os
import socket

ADDRESS, PORT = os.environ["MEDIAD"].split(":")
_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, port, *arguments, **options):
    if port == 443:
        return _getaddrinfo(ADDRESS, int(PORT), *arguments, **options)
    return _getaddrinfo(host, port, *arguments, **options)


socket.getaddrinfo = getaddrinfo
