"""`python -m tipmeet`."""

import sys

from tipmeet.cli import main

sys.exit(main())
