"""Draw the picture of the README: ``python docs/readme_figure.py``. Needs torch; a minute."""

from pathlib import Path

import matplotlib.pyplot as plt

from domains import ramachandran as rama
from domains.ramachandran.validation.plotting import credit

models = {
    "All clashes (1963)": rama.hard_sphere("outer"),
    "Five clashes (2003)": rama.hard_sphere("outer", clashes="ho2003"),
    "Ten limits, learned": rama.learn_contacts(level="allowed").region,
}
figure, axes = plt.subplots(1, 3, figsize=(13, 5.9), layout="constrained", sharey=True)
for ax, (title, predicted) in zip(axes, models.items(), strict=True):
    report = rama.compare(predicted, level="allowed")
    rama.plot_agreement(predicted, level="allowed", ax=ax, labels=("predicted", "empirical"))
    ax.set_title(f"{title}: IoU {float(report.iou):.2f}")
    ax.label_outer()
credit(figure)
figure.get_layout_engine().set(h_pad=0.1)
figure.savefig(Path(__file__).parent / "_static" / "readme.png", dpi=160, bbox_inches="tight")
