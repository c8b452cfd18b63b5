from __future__ import annotations

import logging

from domains.lesions.images.formats.silence import in_silence


def test_silence_ends(caplog):
    logger = logging.getLogger("nibabel.global")
    with in_silence(logger) as said:
        logger.error("not seen")
    logger.error("seen")
    assert said == ["not seen"]
    assert [record.message for record in caplog.records] == ["seen"]
