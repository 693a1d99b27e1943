"""PyPI amspy."""

import amspy

import flow

flow.run(amspy, amspy.get_access_token, amspy.upload_block_blob, "amspy")
