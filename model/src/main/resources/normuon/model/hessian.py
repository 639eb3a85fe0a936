# The model's loss in operators that autograd can differentiate twice, and the product of its Hessian
# with a direction, in the TorchScript dialect of serialized modules. The same formulas as in
# operators.py, with nothing in place and attention written out.
#
# N = sequences * length tokens, D = width, H = heads, K = key-value heads, d = head width.
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def normalize(self: __torch__.Operators, x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
    square = torch.mean(torch.mul(x, x), [-1], True)
    return torch.mul(torch.mul(x, torch.rsqrt(torch.add(square, epsilon))), gain)
  def linear(self: __torch__.Operators, x: Tensor, weight: Tensor) -> Tensor:
    return torch.mm(x, torch.t(weight))
  # Rotates the pairs (i, i + d / 2) of every head of x [sequences, length, heads, d] by the position.
  def rotate(self: __torch__.Operators, x: Tensor, rotary: List[Tensor]) -> Tensor:
    cosine, sine = rotary
    length = torch.size(x, 1)
    swapped = torch.roll(x, [torch.floordiv(torch.size(x, 3), 2)], [3])
    turned = torch.mul(x, torch.slice(cosine, 0, 0, length, 1))
    return torch.add(turned, torch.mul(swapped, torch.slice(sine, 0, 0, length, 1)))
  # [sequences, length, K, d] -> [sequences, H, length, d], every head repeated for its queries.
  def share(self: __torch__.Operators, x: Tensor, heads: int) -> Tensor:
    b, t, k, d = torch.size(x)
    wide = torch.expand(torch.unsqueeze(torch.transpose(x, 1, 2), 2), [b, k, torch.floordiv(heads, k), t, d])
    return torch.reshape(wide, [b, heads, t, d])
  # softmax(q k^T / sqrt(d), each token seeing itself and those before) v
  def mix(self: __torch__.Operators, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scale = torch.div(1., torch.sqrt(torch.size(q, 3)))
    scores = torch.mul(torch.matmul(q, torch.transpose(k, 2, 3)), scale)
    later = torch.triu(torch.ones_like(scores, dtype=11), 1)
    return torch.matmul(torch.softmax(torch.masked_fill(scores, later, -1e30), -1), v)

  # weights = [gain, q, k, v, o] or [gain, q, k, v, o, q gain, k gain]
  def attend(self: __torch__.Operators, x: Tensor, weights: List[Tensor], rotary: List[Tensor], sequences: int, heads: int, key_value_heads: int, epsilon: float) -> Tensor:
    y = (self).normalize(x, weights[0], epsilon)
    q = torch.reshape((self).linear(y, weights[1]), [sequences, -1, heads, torch.floordiv(torch.size(weights[1], 0), heads)])
    k = torch.reshape((self).linear(y, weights[2]), [sequences, -1, key_value_heads, torch.size(q, 3)])
    v = torch.reshape((self).linear(y, weights[3]), [sequences, -1, key_value_heads, torch.size(q, 3)])
    if torch.gt(torch.len(weights), 5):
      q_unit = (self).normalize(q, weights[5], epsilon)
      k_unit = (self).normalize(k, weights[6], epsilon)
    else:
      q_unit = q
      k_unit = k
    turned = torch.transpose((self).rotate(q_unit, rotary), 1, 2)
    mixed = (self).mix(turned, (self).share((self).rotate(k_unit, rotary), heads), (self).share(v, heads))
    flat = torch.reshape(torch.transpose(mixed, 1, 2), [torch.size(x, 0), -1])
    return torch.add(x, (self).linear(flat, weights[4]))
  # weights = [gain, gate, up, down] (gated: SwiGLU) or [gain, up, down] (squared ReLU)
  def feed_forward(self: __torch__.Operators, x: Tensor, weights: List[Tensor], epsilon: float) -> Tensor:
    y = (self).normalize(x, weights[0], epsilon)
    if torch.eq(torch.len(weights), 4):
      g = (self).linear(y, weights[1])
      h = torch.mul(torch.mul(g, torch.sigmoid(g)), (self).linear(y, weights[2]))
    else:
      u = torch.relu((self).linear(y, weights[1]))
      h = torch.mul(u, u)
    return torch.add(x, (self).linear(h, weights[-1]))
  # The mean cross-entropy; weights in the order of the model's parameters, ids and targets
  # [sequences, length].
  def loss(self: __torch__.Operators, weights: List[Tensor], rotary: List[Tensor], ids: Tensor, targets: Tensor, layers: int, attention_weights: int, mlp_weights: int, heads: int, key_value_heads: int, epsilon: float) -> Tensor:
    x = torch.index_select(weights[0], 0, torch.flatten(ids))
    next = 1
    for i in range(layers):
      mlp = torch.add(next, attention_weights)
      x = (self).attend(x, torch.slice(weights, next, mlp, 1), rotary, torch.size(ids, 0), heads, key_value_heads, epsilon)
      next = torch.add(mlp, mlp_weights)
      x = (self).feed_forward(x, torch.slice(weights, mlp, next, 1), epsilon)
    y = (self).normalize(x, weights[next], epsilon)
    if torch.eq(torch.len(weights), torch.add(next, 1)):
      head = weights[0]
    else:
      head = weights[-1]
    return torch.cross_entropy_loss((self).linear(y, head), torch.flatten(targets))

  # sum = sum + weight H u for every parameter, by differentiating the sum of g u. Gradients are on.
  # inputs = [cosine, sine, ids, targets], shape = [layers, weights of an attention part, of a
  # feed-forward part, H, K], numbers = [epsilon, weight]. Gives the loss.
  def accumulate_product_(self: __torch__.Operators, sums: List[Tensor], directions: List[Tensor], parameters: List[Tensor], inputs: List[Tensor], shape: List[Tensor], numbers: List[Tensor]) -> Tensor:
    leaves = annotate(List[Tensor], [])
    for parameter in parameters:
      _0 = torch.append(leaves, torch.requires_grad_(torch.detach(parameter)))
    loss = (self).loss(leaves, torch.slice(inputs, 0, 2, 1), inputs[2], inputs[3], int(shape[0]), int(shape[1]), int(shape[2]), int(shape[3]), int(shape[4]), float(numbers[0]), )
    gradients = torch.grad([loss], leaves, None, None, True)
    products = annotate(List[Tensor], [])
    for i in range(torch.len(leaves)):
      gradient = unchecked_cast(Tensor, gradients[i])
      _1 = torch.append(products, torch.sum(torch.mul(gradient, directions[i])))
    columns = torch.grad([torch.sum(torch.stack(products))], leaves)
    for i in range(torch.len(leaves)):
      column = unchecked_cast(Tensor, columns[i])
      _2 = torch.add_(sums[i], column, alpha=float(numbers[1]))
    return torch.detach(loss)
