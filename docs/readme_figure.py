"""Draw the picture of the README: ``python docs/readme_figure.py``."""

from pathlib import Path

import matplotlib.pyplot as plt

from domains import ramachandran as rama
from domains.ramachandran.plotting import credit

figure, axes = plt.subplots(1, 2, figsize=(9.2, 5), layout="constrained", sharey=True)
for ax, clashes, title in zip(axes, ("all", "ho2003"), ("All clashes (1963)", "Five clashes (2003)"), strict=True):
    predicted = rama.hard_sphere("outer", clashes=clashes)
    report = rama.compare(predicted, level="allowed")
    rama.plot_agreement(predicted, level="allowed", ax=ax, labels=("predicted", "empirical"))
    ax.set_title(f"{title}: IoU {float(report.iou):.2f}")
    ax.label_outer()
credit(figure)
figure.savefig(Path(__file__).parent / "_static" / "readme.png", dpi=200, bbox_inches="tight")
