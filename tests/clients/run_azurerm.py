"""PyPI azurerm, its part for media services."""

import azurerm

import flow


def upload(_token, url, content, length):
    return azurerm.upload_block_blob(url, content, length)


flow.run(azurerm, azurerm.get_ams_access_token, upload, "azurerm")
