"""A digest of some of 300 papers on five subjects, among them texts that would like to be more than text.

    library.py FIRST END
"""

import random
import sys

SUBJECTS = {
    "cs.LG": ["gradient descent", "neural networks", "loss surfaces", "regularisation", "overfitting"],
    "math.AG": ["algebraic curves", "moduli spaces", "sheaves", "intersection theory", "projective varieties"],
    "astro-ph.GA": ["spiral galaxies", "dust lanes", "stellar streams", "metallicity", "star formation"],
    "q-bio.NC": ["cortical circuits", "spike trains", "synaptic plasticity", "hippocampal replay", "grid cells"],
    "econ.TH": ["auctions", "matching markets", "bounded rationality", "price discovery", "public goods"],
}
HOSTILE = [
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"Quotes\" and 'quotes' & entities &amp; more",
    "Right to left: \u05e9\u05dc\u05d5\u05dd, and on",
    "{{ title }} {% for %}",
]


def main():
    draw = random.Random(5)
    wanted = range(*map(int, sys.argv[1:3]))
    print("<div id=toc></div>\n\n# Table of Contents\n")
    for number in range(300):
        category, phrases = list(SUBJECTS.items())[number % len(SUBJECTS)]
        one, other, third = draw.sample(phrases, 3)
        if number not in wanted:
            continue
        title = HOSTILE[number // 60] if number % 60 == 0 else f"On {one} and {other}, part {number}"
        print(f"\n### [{number}] [{title}](https://arxiv.org/abs/2601.{number:05})")
        print(f"*A. Author{number % 17}, B. Writer*\n\nMain category: {category}\n\nTL;DR: {one} explain {other}.\n")
        print(f"Abstract: We look at {one}, at {other} and at {third}. Of {one} little was known; {third} help.\n")


main()
