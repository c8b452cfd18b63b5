"""The public names and their signatures, frozen: a change here is a change of the contract."""

from __future__ import annotations

import inspect

import pytest

import overlap as ov
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
}


@pytest.mark.parametrize("name", CONTRACT, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_signature(name):
    signature = inspect.signature(name)
    bare = signature.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    assert str(bare) == CONTRACT[name]


@pytest.mark.parametrize("package", [ov, rama])
def test_every_public_name_resolves(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert sorted(package.__all__) == list(package.__all__)
