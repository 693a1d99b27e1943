"""Uploads and downloads through a container URL with a SAS, by the SDK's own means.

    python blob_sdk.py 'http://127.0.0.1:1234/account/asset-…?sv=…&sig=…'

Exits with a traceback when anything is not as it should be.
"""

import hashlib
import io
import sys

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient, ContainerClient, ContentSettings

# One request, or blocks of this size, four at a time.
BLOCK = 256 * 1024


def content(size: int) -> bytes:
    """Bytes that differ from block to block."""
    return b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(size // 32 + 1))[:size]


def expect(error: type[Exception], status: int, action) -> None:
    """Calls `action`, which must fail."""
    try:
        action()
    except error as raised:
        assert raised.status_code == status, raised
    else:
        raise AssertionError(f"{error.__name__} was expected")


def blob_url(container_url: str, name: str) -> str:
    """The URL of a blob in the container: the name goes before the signature."""
    base, signature = container_url.split("?", 1)
    return f"{base}/{name}?{signature}"


def single(container_url: str) -> None:
    """One Put Blob, by a client of the blob."""
    data = content(300_000)
    client = BlobClient.from_blob_url(blob_url(container_url, "single.mp4"))
    assert not client.exists()
    expect(ResourceNotFoundError, 404, client.get_blob_properties)
    digest = hashlib.md5(data).digest()
    settings = ContentSettings(content_type="video/mp4", content_md5=bytearray(digest))
    client.upload_blob(data, content_settings=settings, metadata={"made": "by python"})
    properties = client.get_blob_properties()
    assert properties.size == len(data)
    assert properties.content_settings.content_type == "video/mp4"
    assert bytes(properties.content_settings.content_md5) == digest
    assert properties.metadata == {"made": "by python"}
    assert client.download_blob().readall() == data
    assert client.download_blob(offset=1000, length=500).readall() == data[1000:1500]
    expect(HttpResponseError, 409, lambda: client.upload_blob(b"again"))
    client.upload_blob(data, overwrite=True, validate_content=True)
    expect(HttpResponseError, 416, lambda: client.download_blob(offset=400_000).readall())


def blocks(container_url: str) -> None:
    """Blocks in parallel and a block list, by a client of the container."""
    data = content(5_000_000)
    container = ContainerClient.from_container_url(
        container_url,
        max_single_put_size=BLOCK,
        max_block_size=BLOCK,
        max_single_get_size=BLOCK,
        max_chunk_get_size=BLOCK,
    )
    client = container.get_blob_client("blocks.mp4")
    client.upload_blob(io.BytesIO(data), length=len(data), max_concurrency=4)
    committed, uncommitted = client.get_block_list("all")
    assert [block.size for block in committed] == [BLOCK] * 19 + [len(data) - 19 * BLOCK]
    assert uncommitted == []
    assert client.download_blob(max_concurrency=4).readall() == data
    assert b"".join(client.download_blob(validate_content=True).chunks()) == data
    container.upload_blob("gone.mp4", b"gone")
    names = [blob.name for blob in container.list_blobs(results_per_page=1)]
    assert names == ["blocks.mp4", "gone.mp4", "single.mp4"], names
    container.delete_blob("gone.mp4")
    assert not container.get_blob_client("gone.mp4").exists()


def tampered(container_url: str) -> None:
    """A signature that was changed opens nothing."""
    url = blob_url(container_url.replace("sig=", "sig=A"), "single.mp4")
    client = BlobClient.from_blob_url(url, retry_total=0)
    expect(HttpResponseError, 403, lambda: client.download_blob().readall())
    expect(HttpResponseError, 403, lambda: client.upload_blob(b"x", overwrite=True))


def main() -> None:
    """Does everything."""
    (container_url,) = sys.argv[1:]
    single(container_url)
    blocks(container_url)
    tampered(container_url)
    print("done")


if __name__ == "__main__":
    main()
