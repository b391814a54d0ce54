"""``python -m neural_network_digit``, the same as the command ``nnd``."""

import sys

from distribution.commands import main

sys.exit(main())
