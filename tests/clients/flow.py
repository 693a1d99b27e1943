"""PyPI amspy and azurerm: upload, encode, protect, stream.

The two have the same functions but for a few names and arguments, which the caller gives.
"""

import json
import os
import re
import sys
import time

import requests

JOB_STATES = ["Queued", "Scheduled", "Processing", "Finished", "Error", "Canceled", "Canceling"]


def expect(response, status):
    """Checks a status, and takes the payload out of its wrapper."""
    if response.status_code != status:
        sys.exit(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    return response.json().get("d") if response.content else None


def run(ams, get_token, upload, name):
    """The way of a video from a file to a stream."""
    with open(os.environ["VIDEO"], "rb") as file:
        video = file.read()
    token = get_token(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]).json()["access_token"]

    # Where the API is: its URL, and then its service document.
    moved = ams.get_url(token, flag=False)
    assert moved.status_code == 301, moved.status_code
    api = moved.headers["location"]
    assert api == os.environ["API"], api

    processors = expect(ams.list_media_processor(token), 200)["results"]
    encoder = next(one["Id"] for one in processors if one["Name"] == "Media Encoder Standard")

    asset = expect(ams.create_media_asset(token, name), 201)["Id"]
    file_id = expect(ams.create_media_assetfile(token, asset, f"{name}.mp4"), 201)["Id"]
    policy = expect(ams.create_asset_accesspolicy(token, "write", "60", "2"), 201)["Id"]
    locator = expect(ams.create_sas_locator(token, asset, policy), 201)
    url = locator["BaseUri"] + f"/{name}.mp4" + locator["ContentAccessComponent"]
    expect(upload(token, url, video, len(video)), 201)
    updated = ams.update_media_assetfile(token, asset, file_id, len(video), f"{name}.mp4")
    expect(updated, 204)
    expect(ams.delete_sas_locator(token, locator["Id"]), 204)
    expect(ams.delete_asset_accesspolicy(token, policy), 204)

    with open(os.path.join(os.path.dirname(__file__), "profile.json")) as file:
        profile = file.read()
    job = expect(
        ams.encode_mezzanine_asset(token, encoder, asset, f"{name} encoded", profile), 201
    )["Id"]
    while True:
        state = expect(ams.list_media_job(token, job), 200)["State"]
        if ams.translate_job_state(str(state)) in ("Finished", "Error", "Canceled"):
            break
        time.sleep(0.5)
    assert JOB_STATES[state] == "Finished", (state, expect(ams.list_media_job(token, job), 200))
    assets = expect(ams.list_media_asset(token), 200)["results"]
    encoded = next(one["Id"] for one in assets if one["Name"] == f"{name} encoded")

    read = expect(ams.create_asset_accesspolicy(token, "read", "60", "1"), 201)["Id"]
    origin = ams.create_ondemand_streaming_locator(token, encoded, read)
    path = expect(origin, 201)["Path"]
    hls = requests.get(f"{path}{name}.ism/manifest(format=m3u8-aapl)")
    assert hls.status_code == 200 and hls.text.startswith("#EXTM3U"), (hls.status_code, hls.text)
    lists = [line for line in hls.text.splitlines() if not line.startswith("#")]
    segments = requests.get(f"{path}{name}.ism/{lists[0]}").text
    first = next(line for line in segments.splitlines() if not line.startswith("#"))
    base = f"{path}{name}.ism/{lists[0]}".rsplit("/", 1)[0]
    segment = requests.get(f"{base}/{first}")
    assert segment.status_code == 200 and segment.content, segment.status_code

    endpoints = expect(ams.list_streaming_endpoint(token), 200)["results"]
    assert [one["Name"] for one in endpoints] == ["default"], endpoints

    # What protects a stream can be made and linked.
    options = ams.create_contentkey_authorization_policy_options(token)
    option = expect(options, 201)["Id"]
    content = json.dumps({"Name": f"{name} policy"})
    authorization = expect(
        ams.create_contentkey_authorization_policy(token, content), 201
    )["Id"]
    expect(ams.link_contentkey_authorization_policy(token, authorization, option, api), 204)

    expect(ams.delete_media_asset(token, asset), 204)
    gone = ams.list_media_asset(token, asset)
    assert gone.status_code == 404, gone.status_code
    assert re.search("not found", gone.json()["error"]["message"]["value"]), gone.text
    print("done")
