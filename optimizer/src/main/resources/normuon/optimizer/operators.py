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
  # zero (the bounds are float32's smallest normal number).
  def unit_norm(self: __torch__.Operators, x: Tensor, safety: float) -> Tensor:
    least, most = torch.aminmax(x)
    largest = torch.clamp_min(torch.maximum(torch.neg(least), most), 1.1754943508222875e-38)
    scaled = torch.div(x, largest)
    norm = torch.clamp_min(torch.linalg_vector_norm(scaled, 2), 1.1754943508222875e-38)
    return torch.div_(scaled, torch.mul_(norm, safety))
  def gram(self: __torch__.Operators, x: Tensor, tall: bool) -> Tensor:
    if tall:
      r = torch.mm(torch.t(x), x)
    else:
      r = torch.mm(x, torch.t(x))
    return r
  # From the left for wide matrices, from the right for tall ones: nothing is transposed.
  def multiply_small_side(self: __torch__.Operators, x: Tensor, q: Tensor, tall: bool) -> Tensor:
    if tall:
      r = torch.mm(x, q)
    else:
      r = torch.mm(q, x)
    return r
  # Per step, of coefficients a, b, c: A = X X^T; X = a X + (b A + c A A) X.
  def newton_schulz(self: __torch__.Operators, x: Tensor, coefficients: List[float], safety: float, half: bool) -> Tensor:
    tall = torch.gt(torch.size(x, 0), torch.size(x, 1))
    y = (self).unit_norm(x, safety, )
    if half:
      y = torch.to(y, 15)
    else:
      pass
    for i in range(torch.floordiv(torch.len(coefficients), 3)):
      a = coefficients[torch.mul(3, i)]
      b = coefficients[torch.add(torch.mul(3, i), 1)]
      c = coefficients[torch.add(torch.mul(3, i), 2)]
      r = (self).gram(y, tall, )
      p = torch.addmm(r, r, r, beta=b, alpha=c)
      if tall:
        y = torch.addmm(y, y, p, beta=a, alpha=1)
      else:
        y = torch.addmm(y, p, y, beta=a, alpha=1)
    if half:
      y = torch.to(y, 6)
    else:
      pass
    return y
  # The same polynomial on the small side alone: R = X X^T once; per step P = a I + b R + c R R,
  # Q = P Q, R = P R P; at the end Q X. Rounding errors of R's small eigenvalues grow by a^2 a step;
  # past the bound on that growth X = Q X and R are computed anew.
  def newton_schulz_gram(self: __torch__.Operators, x: Tensor, coefficients: List[float], safety: float, growth_bound: float) -> Tensor:
    tall = torch.gt(torch.size(x, 0), torch.size(x, 1))
    y = (self).unit_norm(x, safety, )
    steps = torch.floordiv(torch.len(coefficients), 3)
    r = (self).gram(y, tall, )
    q = r
    fresh = True
    growth = 1.
    for i in range(steps):
      a = coefficients[torch.mul(3, i)]
      b = coefficients[torch.add(torch.mul(3, i), 1)]
      c = coefficients[torch.add(torch.mul(3, i), 2)]
      p = torch.addmm(r, r, r, beta=b, alpha=c)
      _0 = torch.add_(torch.diagonal(p), a)
      if fresh:
        q = p
      else:
        q = torch.mm(p, q)
      growth = torch.mul(growth, torch.mul(a, a))
      last = torch.eq(torch.add(i, 1), steps)
      if last:
        y = (self).multiply_small_side(y, q, tall, )
      else:
        fresh = torch.gt(growth, growth_bound)
        if fresh:
          y = (self).multiply_small_side(y, q, tall, )
          r = (self).gram(y, tall, )
          growth = 1.
        else:
          r = torch.mm(torch.mm(p, r), p)
    return y

  # Statistics of O over one dimension (1: of rows, 0: of columns) into the second moment v;
  # O / (sqrt(v) + epsilon), brought to the Frobenius norm `scale` (times that of O if matched), into
  # `update`. Zero stays zero.
  def normalize_(self: __torch__.Operators, update: Tensor, polar: Tensor, second_moment: Tensor, dimension: int, decay: float, epsilon: float, scale: float, matched: bool) -> NoneType:
    norms = torch.linalg_vector_norm(polar, 2, [dimension])
    squares = torch.div_(torch.mul(norms, norms), torch.size(polar, dimension))
    _0 = torch.lerp_(second_moment, squares, torch.sub(1., decay))
    factors = torch.reciprocal_(torch.add_(torch.sqrt(second_moment), epsilon))
    normalized = torch.linalg_vector_norm(torch.mul(norms, factors), 2)
    if matched:
      target = torch.mul(torch.linalg_vector_norm(norms, 2), scale)
    else:
      target = torch.full_like(normalized, scale)
    rescale = torch.where(torch.gt(normalized, 0), torch.div(target, normalized), torch.zeros_like(normalized))
    _1 = torch.mul(polar, torch.unsqueeze(torch.mul_(factors, rescale), dimension), out=update)
    return None
  # O brought to the Frobenius norm `scale` (times its own if matched), into `update`.
  def rescale_(self: __torch__.Operators, update: Tensor, polar: Tensor, scale: float, matched: bool) -> NoneType:
    norm = torch.linalg_vector_norm(polar, 2)
    if matched:
      factor = torch.full_like(norm, scale)
    else:
      factor = torch.where(torch.gt(norm, 0), torch.div(torch.full_like(norm, scale), norm), torch.zeros_like(norm))
    _0 = torch.mul(polar, factor, out=update)
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

  # The moving mean in place; the gradient becomes sign(m) min(|m| / (rho B h + 1e-15), 1). Returns
  # how many coordinates were not clipped.
  def sophia_(self: __torch__.Operators, gradients: List[Tensor], means: List[Tensor], curvatures: List[Tensor], beta1: float, scale: float) -> float:
    unclipped = 0.
    for i in range(torch.len(gradients)):
      gradient = gradients[i]
      mean = torch.lerp_(means[i], gradient, torch.sub(1., beta1))
      denominator = torch.add_(torch.mul(curvatures[i], scale, out=gradient), 1.0000000000000001e-15)
      ratio = torch.div(mean, denominator, out=gradient)
      unclipped = torch.add(unclipped, float(torch.sum(torch.lt(torch.abs(ratio), 1))))
      _0 = torch.clamp_(ratio, -1, 1)
    return unclipped
  # h = beta2 h + (1 - beta2) g g
  def sophia_refresh_(self: __torch__.Operators, gradients: List[Tensor], curvatures: List[Tensor], beta2: float) -> NoneType:
    for i in range(torch.len(gradients)):
      _0 = torch.addcmul_(torch.mul_(curvatures[i], beta2), gradients[i], gradients[i], value=torch.sub(1., beta2))
    return None
