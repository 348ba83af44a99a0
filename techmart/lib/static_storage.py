"""Static files under hashed names, compressed once when they are collected."""

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Brotli's best (11) takes a minute over the admin's and the API viewer's files, this one a second,
# for files a few per cent larger.
BROTLI_QUALITY = 8


class QuickCompressor(Compressor):  # type: ignore[misc]  # WhiteNoise ships no types
    """WhiteNoise's compressor with a quicker Brotli.

    It leaves alone what no browser asks for: source maps and the fonts of PDF files.
    """

    SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map", "ttf")

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Return the data compressed."""
        compressed: bytes = brotli.compress(data, quality=BROTLI_QUALITY)
        return compressed


class CollectedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names alone: nothing links to the plain ones."""

    keep_only_hashed_files = True

    def create_compressor(self, **options: Any) -> QuickCompressor:
        """Return what compresses the collected files."""
        return QuickCompressor(**options)
