"""What the relay's tests share."""

from __future__ import annotations

import sys
from pathlib import Path

# importlib mode does not put test folders on the path; helpers live beside their tests.
sys.path.insert(0, str(Path(__file__).parent))
