"""Compliance of a plane truss: element stiffness matrices are added into a global one."""

import numpy as np


class Mesh:
    def __init__(self, nodes, elements, fixed):
        self.nodes = nodes
        self.elements = elements
        self.fixed = fixed
        self.n_dof = 2 * len(nodes)

    def free(self):
        return np.setdiff1d(np.arange(self.n_dof), self.fixed)

    def dofs(self, e):
        i, j = self.elements[e]
        return np.array([2 * i, 2 * i + 1, 2 * j, 2 * j + 1])


def element_stiffness(xi, xj, EA):
    d = xj - xi
    L = np.sqrt(d @ d)
    c, s = d / L
    k = np.array([[c * c, c * s], [c * s, s * s]])
    return EA / L * np.block([[k, -k], [-k, k]])


def compliance(areas, mesh, load, E=2.0, penalty=0.1):
    """f.u, where K u = f, plus a price for the material."""
    K = np.zeros((mesh.n_dof, mesh.n_dof))
    volume = 0.0
    for e, (i, j) in enumerate(mesh.elements):
        dofs = mesh.dofs(e)
        ke = element_stiffness(mesh.nodes[i], mesh.nodes[j], E * areas[e])
        K[np.ix_(dofs, dofs)] += ke
        volume += areas[e] * np.linalg.norm(mesh.nodes[j] - mesh.nodes[i])
    free = mesh.free()
    u = np.linalg.solve(K[np.ix_(free, free)], load[free])
    return load[free] @ u + penalty * volume


def _call():
    rng = np.random.default_rng(3)
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.1, 1.0], [1.1, 1.05]])
    elements = np.array([[0, 1], [0, 2], [1, 2], [1, 3], [2, 3], [0, 3]])
    fixed = np.array([0, 1, 3])
    return rng.uniform(0.5, 1.5, 6), Mesh(nodes, elements, fixed), rng.normal(size=8)


CALLS = {"compliance": ("areas", [_call])}
