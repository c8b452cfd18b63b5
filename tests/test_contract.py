"""The public names and their signatures, frozen: a change here is a change of the contract."""

from __future__ import annotations

import inspect

import pytest

import overlap as ov
from domains import events, lesions
from domains import ramachandran as rama

CONTRACT = {
    ov.Overlap: "(intersection, size_a, size_b)",
    ov.EmptyPolicy: "(both_empty=nan, prediction_empty=None, reference_empty=None)",
    ov.iou: "(o, *, empty=nan)",
    ov.dice: "(o, *, empty=nan)",
    ov.tversky: "(o, alpha, beta, *, empty=nan)",
    ov.f_beta: "(o, beta=1.0, *, empty=nan)",
    ov.precision: "(o, *, empty=nan)",
    ov.recall: "(o, *, empty=nan)",
    ov.containment: "(o, *, empty=nan)",
    ov.ochiai: "(o, *, empty=nan)",
    ov.volume_similarity: "(o, *, empty=nan)",
    ov.raster.measure: "(a, b, *, axis=None, weights=None, where=None, tnorm='minimum', check_values=None)",
    ov.polygons.measure: "(a, b, *, period=None)",
    ov.polygons.rasterize: "(geometries, grid, mode='centre', *, period=None)",
    ov.polygons.from_raster: "(mask, level=0.5, *, grid=None, period=None)",
    ov.polygons.unwrap: "(geometries, period)",
    ov.labelled.measure: "(a, b, dim=None, *, weights=None, where=None, tnorm='minimum', tolerance=None)",
    ov.labelled.indices: "(counts, names=('iou', 'dice'), *, empty=nan)",
    ov.resample.confidence_interval: (
        "(o, index='dice', *, axis=0, level=0.95, n_resamples=9999, rng=None, method='BCa', average='micro')"
    ),
    ov.plotting.agreement: "(a, b, *, ax=None, labels=('prediction', 'reference'), colours=None, **style)",
    rama.backbone_angles: "(path, *, max_bond=2.0, modified=None, chirality=None, min_plddt=None)",
    rama.reference: "(name='top8000')",
    rama.region: "(reference='top8000', category='general', level='favored')",
    rama.evaluate: "(phi, psi, category, reference='top8000')",
    rama.categorise: "(resname, next_resname, omega)",
    rama.classify: "(score, category, reference='top8000')",
    rama.validate: "(paths, *, reference='top8000', progress=False, **options)",
    rama.summarise: "(residues, skipped)",
    rama.compare: (
        "(predicted, reference='top8000', *, category=None, level='favored', weights=None, tnorm='minimum', empty=nan)"
    ),
    rama.read_region: "(path, variable=None, *, phi_first=False)",
    rama.hard_sphere: "(limits='outer', *, tau=111.0, clashes='all', scale=1.0, n=180)",
    ov.boxes.ciou: "(a, b, *, detach_enclosing=False)",
    ov.boxes.convert: "(box, source, target)",
    ov.boxes.decode: "(code, anchor)",
    ov.boxes.diou: "(a, b, *, detach_enclosing=False)",
    ov.boxes.eiou: "(a, b, *, detach_enclosing=False)",
    ov.boxes.encode: "(box, anchor)",
    ov.boxes.giou: "(a, b, *, detach_enclosing=False)",
    ov.boxes.measure: "(a, b, *, period=None)",
    ov.boxes.pairwise: "(a, b)",
    ov.intervals.Pairs: "(a, b, length)",
    ov.intervals.complement: "(intervals, support)",
    ov.intervals.intersection: "(a, b)",
    ov.intervals.measure: "(a, b)",
    ov.intervals.overlap_pairs: "(a, b, *, by=None)",
    ov.intervals.union: "(*sets)",
    ov.matching.Matches: "(pairs, scores, n_a, n_b)",
    ov.matching.assign: "(pairwise, positive=0.5, negative=0.4, low_quality=False)",
    ov.matching.average_precision: "(confidence, scores, thresholds=0.5, *, labels_a=None, labels_b=None, fall_back=True, ties='together')",
    ov.matching.claim: "(confidence, scores, thresholds, *, fall_back=True)",
    ov.matching.match: "(scores, threshold, method='optimal')",
    ov.matching.nms: "(scores, pairwise, threshold, *, labels=None)",
    ov.matching.ranking_score: "(p, q, a=None)",
    ov.matching.threshold_curve: "(scores, thresholds, method='optimal')",
    ov.losses.Schedule: "(*stages)",
    ov.losses.box_loss: "(prediction, target, *, kind='giou', gamma=0.0, focus='hard', detach_enclosing=None, reduction='mean')",
    ov.losses.dice_ce_loss: "(prediction, target, *, class_axis=None, axis=None, dice_weight=1.0, ce_weight=1.0, smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.losses.dice_loss: "(prediction, target, *, axis=None, smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.losses.focal_tversky_loss: "(prediction, target, alpha=0.3, beta=0.7, gamma=0.75, *, axis=None, smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.losses.generalised_dice_loss: "(prediction, target, *, class_axis=1, axis=None, weighting='square', smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.losses.jaccard_loss: "(prediction, target, *, axis=None, smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.losses.tversky_loss: "(prediction, target, alpha=0.5, beta=0.5, *, axis=None, smooth=0.0, tnorm='minimum', weights=None, where=None, class_weights=None, reduction='mean')",
    ov.raster.contingency: "(a, b)",
    ov.oriented.measure: "(a, b)",
    ov.oriented.pairwise: "(a, b)",
    ov.surfaces.distances: "(a, b, *, spacing, surface='voxel', level=0.5, preset=None, empty=nan)",
    lesions.compare: "(predicted, reference, *, labels=None, where=None, tnorm='minimum', level=0.5, preset='monai', nsd_tolerance=1.0, threshold=0.5, connectivity=None, empty=nan, empty_distance=nan)",
    lesions.cohort: "(predictions, references, *, out=None, labels=None, scale=None, reference_scale=None, workers=1, executor=None, progress=False, **options)",
    lesions.consensus: "(raters, method='mean', *, dim='rater', absent='empty')",
    lesions.pairwise_agreement: "(raters, *, dim='rater', absent='empty', where=None, tnorm='minimum', empty=nan)",
    lesions.leave_one_out: "(raters, method='majority', *, dim='rater', absent='empty', where=None, tnorm='minimum', empty=nan)",
    lesions.read_image: "(path, *, scale=None)",
    lesions.match: "(predicted, reference, *, threshold=0.5, contact=0.0, connectivity=None)",
    events.compare: "(predicted, reference, protocol='time', *, support=None, by=None, corrected=False, **parameters)",
    events.possession: "(tracks, first, second, *, rate=None, index='iou', enter=0.5, leave=None, max_gap=0.0, min_duration=0.0, file='')",
    events.read_events: "(path, kind=None, *, subset=None, file=None)",
    events.score: "(predicted, reference, protocol='time', *, support=None, by=None, corrected=False, kind=None, subset=None, progress=False, **parameters)",
}


@pytest.mark.parametrize("name", CONTRACT, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_signature(name):
    signature = inspect.signature(name)
    bare = signature.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    assert str(bare) == CONTRACT[name]


@pytest.mark.parametrize("package", [ov, rama, lesions, events])
def test_every_public_name_resolves(package):
    pytest.importorskip("torch")
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert sorted(package.__all__) == list(package.__all__)
