"""Image repositories on AWS."""

from __future__ import annotations

import re

from adapters.clouds.contract import Registry
from adapters.image_names import Image
from adapters.safeguards import Safeguard

REPOSITORY = "aws:ecr/repository:Repository"
_HOST = re.compile(r"\d{12}\.dkr[.-]ecr(-fips)?\.[\w-]+\.(amazonaws\.com(\.cn)?|on\.aws)")


def _name_of(image: Image) -> str:
    return image.path if _HOST.fullmatch(image.host) else ""


REGISTRIES = {
    REPOSITORY: Registry(
        lambda repository: repository["name"].text or "", _name_of, lambda repository: repository["imageTagMutability"]
    )
}
SCANNED = (
    Safeguard(path=("imageScanningConfiguration", "scanOnPush"), safe=(True,), otherwise="does not scan on push"),
    Safeguard(path=("imageTagMutability",), safe=("IMMUTABLE",), otherwise="has mutable tags"),
)
