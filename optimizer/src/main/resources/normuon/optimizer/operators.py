# The optimizer's operators, in the TorchScript dialect that serialized modules use (see
# normuon/torch/operators.py). A name that ends in _ works in place.
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Sums of squares in double precision, where no float32 gradient overflows.
  def squared_norms(self: __torch__.Operators, xs: List[Tensor]) -> Tensor:
    norms = annotate(List[Tensor], [])
    for x in xs:
      _0 = torch.append(norms, torch.linalg_vector_norm(x, 2, dtype=7))
    return torch.square(torch.stack(norms))
  def multiply_(self: __torch__.Operators, xs: List[Tensor], factor: float) -> NoneType:
    for x in xs:
      _0 = torch.mul_(x, factor)
    return None
  def apply_updates_(self: __torch__.Operators, weights: List[Tensor], updates: List[Tensor], keep: float, rate: float) -> NoneType:
    for i in range(torch.len(weights)):
      _0 = torch.add_(torch.mul_(weights[i], keep), updates[i], alpha=torch.neg(rate))
    return None

  # Where update and weight have opposite signs the weight is kept as it is. The sign of the update
  # alone, so that no product vanishes.
  def apply_updates_cautiously_(self: __torch__.Operators, weights: List[Tensor], updates: List[Tensor], keep: float, rate: float) -> NoneType:
    for i in range(torch.len(weights)):
      weight = weights[i]
      decays = torch.ge(torch.mul(torch.sign(updates[i]), weight), 0)
      _0 = torch.copy_(weight, torch.where(decays, torch.mul(weight, keep), weight))
      _1 = torch.add_(weight, updates[i], alpha=torch.neg(rate))
    return None

  # The moving average, and Nesterov's mix into the gradient.
  def momentum_(self: __torch__.Operators, momenta: List[Tensor], gradients: List[Tensor], decay: float, nesterov: bool) -> NoneType:
    for i in range(torch.len(momenta)):
      _0 = torch.lerp_(momenta[i], gradients[i], torch.sub(1., decay))
      if nesterov:
        _1 = torch.lerp_(gradients[i], momenta[i], decay)
      else:
        pass
    return None

  # The same for a sum in place of an average.
  def heavy_ball_(self: __torch__.Operators, momenta: List[Tensor], gradients: List[Tensor], decay: float, nesterov: bool) -> NoneType:
    for i in range(torch.len(momenta)):
      _0 = torch.add_(torch.mul_(momenta[i], decay), gradients[i])
      if nesterov:
        _1 = torch.add_(gradients[i], momenta[i], alpha=decay)
      else:
        pass
    return None

  # Largest magnitude first, so that the norm of no finite input overflows or vanishes; zero stays
  # zero (the bounds are float32's smallest normal number). The squares of a row are added up as x
  # is, the rows in double precision: in single, a sum of a million squares loses 4e-5.
  def unit_norm(self: __torch__.Operators, x: Tensor, safety: float) -> Tensor:
    most = torch.maximum(torch.neg(torch.amin(x, [-2, -1], True)), torch.amax(x, [-2, -1], True))
    scaled = torch.div(x, torch.clamp_min(most, 1.1754943508222875e-38))
    rows = torch.linalg_vector_norm(scaled, 2, [-1], True)
    norm = torch.linalg_vector_norm(rows, 2, [-2], True, dtype=7)
    divisor = torch.mul_(torch.clamp_min_(norm, 1.1754943508222875e-38), safety)
    return torch.div_(scaled, torch.to(divisor, ops.prim.dtype(x)))
  # beta c + alpha a b, of matrices or of batches of them.
  def addmm(self: __torch__.Operators, c: Tensor, a: Tensor, b: Tensor, beta: float, alpha: float) -> Tensor:
    if torch.eq(torch.dim(a), 3):
      result = torch.baddbmm(c, a, b, beta=beta, alpha=alpha)
    else:
      result = torch.addmm(c, a, b, beta=beta, alpha=alpha)
    return result
  # beta c + alpha a b where the result is known to be symmetric: its upper blocks by columns of
  # blocks, about half of the multiplications, each column mirrored while it is in the cache. b is
  # symmetric and commutes with a, or it is a's transpose. One block is the whole, or a batch.
  def symmetric_addmm(self: __torch__.Operators, c: Tensor, a: Tensor, b: Tensor, beta: float, alpha: float, blocks: int) -> Tensor:
    if torch.eq(blocks, 1):
      result = (self).addmm(c, a, b, beta, alpha, )
    else:
      side = torch.size(c, 0)
      result = torch.new_empty(a, [side, side])
      width = torch.floordiv(torch.sub(torch.add(side, blocks), 1), blocks)
      for start in range(0, side, width):
        end = ops.prim.min(torch.add(start, width), side)
        upper = torch.slice(torch.slice(result, 1, start, end), 0, 0, end)
        addend = torch.slice(torch.slice(c, 1, start, end), 0, 0, end)
        _0 = torch.addmm(addend, torch.slice(a, 0, 0, end), torch.slice(b, 1, start, end), beta=beta, alpha=alpha, out=upper)
        lower = torch.slice(torch.slice(result, 0, start, end), 1, 0, start)
        _1 = torch.copy_(lower, torch.t(torch.slice(upper, 0, 0, start)))
    return result
  def gram(self: __torch__.Operators, x: Tensor, tall: bool, blocks: int) -> Tensor:
    if tall:
      rows = torch.transpose(x, -2, -1)
    else:
      rows = x
    if torch.eq(blocks, 1):
      result = torch.matmul(rows, torch.transpose(rows, -2, -1))
    else:
      side = torch.size(rows, 0)
      nothing = torch.expand(torch.new_empty(x, [1, 1]), [side, side])
      result = (self).symmetric_addmm(nothing, rows, torch.t(rows), 0., 1., blocks, )
    return result
  # a X + P X, with P from the left for wide matrices, from the right for tall ones: nothing is
  # transposed.
  def step(self: __torch__.Operators, x: Tensor, a: float, p: Tensor, tall: bool) -> Tensor:
    if tall:
      y = (self).addmm(x, x, p, a, 1., )
    else:
      y = (self).addmm(x, p, x, a, 1., )
    return y
  # Divided by its norm: in double precision if that is asked for, else in single.
  def start(self: __torch__.Operators, x: Tensor, safety: float, dtype: int) -> Tensor:
    if torch.eq(dtype, 7):
      wide = torch.to(x, 7)
    else:
      wide = x
    return torch.to((self).unit_norm(wide, safety, ), dtype)
  # Per step, of coefficients a, b, c: A = X X^T; X = a X + (b A + c A A) X.
  def iterate(self: __torch__.Operators, x: Tensor, coefficients: List[float], safety: float, dtype: int, blocks: int) -> Tensor:
    tall = torch.gt(torch.size(x, -2), torch.size(x, -1))
    y = (self).start(x, safety, dtype, )
    for i in range(torch.floordiv(torch.len(coefficients), 3)):
      a = coefficients[torch.mul(3, i)]
      b = coefficients[torch.add(torch.mul(3, i), 1)]
      c = coefficients[torch.add(torch.mul(3, i), 2)]
      r = (self).gram(y, tall, blocks, )
      p = (self).symmetric_addmm(r, r, r, b, c, blocks, )
      y = (self).step(y, a, p, tall, )
    return torch.to(y, 6)
  # The same polynomial on the small side alone: R = X X^T once; per step P = b R + c R R, then
  # R = (a I + P) R (a I + P) and Q = (a I + P) Q; at the end Q X. Rounding errors of R's small
  # eigenvalues grow by a^2 a step; past the bound on that growth X = Q X and R are computed anew.
  # Where Q is made a I may be inside P, which saves a copy; R, and bfloat16, lose digits by it.
  def iterate_gram(self: __torch__.Operators, x: Tensor, coefficients: List[float], safety: float, dtype: int, blocks: int, growth_bound: float) -> Tensor:
    tall = torch.gt(torch.size(x, -2), torch.size(x, -1))
    y = (self).start(x, safety, dtype, )
    steps = torch.floordiv(torch.len(coefficients), 3)
    r = (self).gram(y, tall, blocks, )
    q = r
    fresh = True
    growth = 1.
    for i in range(steps):
      a = coefficients[torch.mul(3, i)]
      b = coefficients[torch.add(torch.mul(3, i), 1)]
      c = coefficients[torch.add(torch.mul(3, i), 2)]
      p = (self).symmetric_addmm(r, r, r, b, c, blocks, )
      growth = torch.mul(growth, torch.mul(a, a))
      due = torch.__or__(torch.gt(growth, growth_bound), torch.eq(torch.add(i, 1), steps))
      if due:
        pass
      else:
        t = (self).symmetric_addmm(r, p, r, a, 1., blocks, )
        r = (self).symmetric_addmm(t, p, t, a, 1., blocks, )
      inside = torch.__or__(fresh, torch.ne(dtype, 15))
      if inside:
        _0 = torch.add_(torch.diagonal(p, 0, -2, -1), a)
        outside = 0.
      else:
        outside = a
      if fresh:
        q = p
      else:
        q = (self).symmetric_addmm(q, p, q, outside, 1., blocks, )
      if due:
        y = (self).step(y, 0., q, tall, )
        growth = 1.
        if torch.lt(torch.add(i, 1), steps):
          r = (self).gram(y, tall, blocks, )
        else:
          pass
      else:
        pass
      fresh = due
    return torch.to(y, 6)
  # Matrices of one shape, in one batch or one by one. A bound of zero stands for the iteration as
  # it is written.
  def orthogonalize(self: __torch__.Operators, xs: List[Tensor], coefficients: List[float], safety: float, dtype: int, blocks: int, growth_bound: float, batch: bool) -> List[Tensor]:
    if batch:
      inputs = [torch.stack(xs)]
    else:
      inputs = xs
    results = annotate(List[Tensor], [])
    for x in inputs:
      if torch.gt(growth_bound, 0.):
        y = (self).iterate_gram(x, coefficients, safety, dtype, blocks, growth_bound, )
      else:
        y = (self).iterate(x, coefficients, safety, dtype, blocks, )
      _0 = torch.append(results, y)
    if batch:
      polars = torch.unbind(results[0])
    else:
      polars = results
    return polars

  # Views of the parts of a size along a dimension.
  def split(self: __torch__.Operators, x: Tensor, size: int, dimension: int) -> List[Tensor]:
    return torch.split(x, size, dimension)

  # Statistics of each O over one dimension (1: of rows, 0: of columns) into its second moment v;
  # O / (sqrt(v) + epsilon), brought to the Frobenius norm `scale` (times that of O if matched), into
  # its update. Zero stays zero.
  def normalize_(self: __torch__.Operators, updates: List[Tensor], polars: List[Tensor], second_moments: List[Tensor], dimension: int, decay: float, epsilon: float, scale: float, matched: bool) -> NoneType:
    for i in range(torch.len(updates)):
      polar = polars[i]
      norms = torch.linalg_vector_norm(polar, 2, [dimension])
      squares = torch.div_(torch.mul(norms, norms), torch.size(polar, dimension))
      second_moment = torch.lerp_(second_moments[i], squares, torch.sub(1., decay))
      factors = torch.reciprocal_(torch.add_(torch.sqrt(second_moment), epsilon))
      normalized = torch.linalg_vector_norm(torch.mul(norms, factors), 2)
      if matched:
        target = torch.mul(torch.linalg_vector_norm(norms, 2), scale)
      else:
        target = torch.full_like(normalized, scale)
      rescale = torch.where(torch.gt(normalized, 0), torch.div(target, normalized), torch.zeros_like(normalized))
      _0 = torch.mul(polar, torch.unsqueeze(torch.mul_(factors, rescale), dimension), out=updates[i])
    return None
  # Each O brought to the Frobenius norm `scale` (times its own if matched), into its update.
  def rescale_(self: __torch__.Operators, updates: List[Tensor], polars: List[Tensor], scale: float, matched: bool) -> NoneType:
    for i in range(torch.len(updates)):
      norm = torch.linalg_vector_norm(polars[i], 2)
      if matched:
        factor = torch.full_like(norm, scale)
      else:
        factor = torch.where(torch.gt(norm, 0), torch.div(torch.full_like(norm, scale), norm), torch.zeros_like(norm))
      _0 = torch.mul(polars[i], factor, out=updates[i])
    return None

  # Both moments in place; the gradient becomes the update mhat / (sqrt(vhat) + epsilon).
  def adamw_(self: __torch__.Operators, gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], beta1: float, beta2: float, correction1: float, correction2: float, epsilon: float) -> NoneType:
    for i in range(torch.len(gradients)):
      gradient = gradients[i]
      _0 = torch.lerp_(means[i], gradient, torch.sub(1., beta1))
      _1 = torch.addcmul_(torch.mul_(squares[i], beta2), gradient, gradient, value=torch.sub(1., beta2))
      deviation = torch.div_(torch.sqrt(squares[i], out=gradient), torch.sqrt(correction2))
      denominator = torch.mul_(torch.add_(deviation, epsilon), correction1)
      _2 = torch.div(means[i], denominator, out=gradient)
    return None

  # The moving mean in place; the gradient becomes m / (max(ratio h, floor) + epsilon), clipped at -1
  # and 1. Returns how many coordinates were clipped.
  def sophia_(self: __torch__.Operators, gradients: List[Tensor], means: List[Tensor], curvatures: List[Tensor], beta1: float, ratio: float, floor: float, epsilon: float) -> float:
    clipped = 0.
    for i in range(torch.len(gradients)):
      gradient = gradients[i]
      mean = torch.lerp_(means[i], gradient, torch.sub(1., beta1))
      bound = torch.add_(torch.clamp_min_(torch.mul(curvatures[i], ratio, out=gradient), floor), epsilon)
      quotient = torch.div(mean, bound, out=gradient)
      clipped = torch.add(clipped, float(torch.sum(torch.ge(torch.abs(quotient), 1))))
      _0 = torch.clamp_(quotient, -1, 1)
    return clipped
  # average = decay average + (1 - decay) x x
  def average_squares_(self: __torch__.Operators, averages: List[Tensor], arrays: List[Tensor], decay: float) -> NoneType:
    for i in range(torch.len(averages)):
      _0 = torch.addcmul_(torch.mul_(averages[i], decay), arrays[i], arrays[i], value=torch.sub(1., decay))
    return None

  # Norms over one dimension (1: of rows, 0: of columns), in double precision.
  def norms_over(self: __torch__.Operators, x: Tensor, dimension: int) -> Tensor:
    return torch.linalg_vector_norm(x, 2, [dimension], dtype=7)
  # Rayleigh's quotient after some steps with a symmetric matrix, or with the inverse of L L^T, from
  # a start that is spread over all directions.
  def dominant(self: __torch__.Operators, a: Tensor, inverse: bool, steps: int) -> Tensor:
    side = torch.size(a, 0)
    x = torch.unsqueeze(torch.sin(torch.mul(torch.cumsum(torch.new_ones(a, [side]), 0), 12.9898)), 1)
    y = x
    for i in range(steps):
      x = torch.div(y, torch.linalg_vector_norm(y, 2))
      if inverse:
        y = torch.cholesky_solve(x, a)
      else:
        y = torch.matmul(a, x)
    return torch.sum(torch.mul(x, y))
  # The greatest and the least squared singular value, in double precision: eigenvalues of the Gram
  # matrix of the smaller side. Those of a larger matrix are estimated by so many steps of the power
  # iteration with it, and with its inverse after `shift` times the greatest is added: without, it
  # may have none.
  def extreme_squares(self: __torch__.Operators, x: Tensor, exact_side: int, steps: int, shift: float) -> Tensor:
    tall = torch.gt(torch.size(x, 0), torch.size(x, 1))
    r = (self).gram(torch.to(x, 7), tall, 1, )
    greatest = torch.amax(torch.diagonal(r))
    measurable = torch.__and__(torch.gt(greatest, 0), torch.lt(greatest, 1.7976931348623157e308))
    if torch.__not__(bool(measurable)):
      least = greatest
    else:
      if torch.le(torch.size(r, 0), exact_side):
        squares = torch.linalg_eigvalsh(r)
        greatest = torch.amax(squares)
        least = torch.amin(squares)
      else:
        greatest = (self).dominant(r, False, steps, )
        added = torch.mul(greatest, shift)
        _0 = torch.add_(torch.diagonal(r), added)
        factor = torch.linalg_cholesky(r)
        least = torch.sub(torch.reciprocal((self).dominant(factor, True, steps, )), added)
    return torch.stack([greatest, least])
