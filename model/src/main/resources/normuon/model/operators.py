# The parts of the model, each as a forward operator and its hand-written backward operator, in the
# TorchScript dialect of serialized modules. A forward operator gives a list: first its output, then
# what its backward operator needs. A backward operator adds to the gradients of its weights and
# turns the gradient of its output, in place, into that of its input.
#
# N = sequences * length tokens, D = width, H = heads, K = key-value heads, d = D / H, F = MLP width.
# Weight matrices are [outputs, inputs].
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # ids [sequences, length] -> [x [N, D]]
  def embed(self: __torch__.Operators, table: Tensor, ids: Tensor) -> List[Tensor]:
    return [torch.index_select(table, 0, torch.flatten(ids))]
  def embed_backward_(self: __torch__.Operators, gradient: List[Tensor], table_gradient: Tensor, ids: Tensor) -> NoneType:
    _0 = torch.index_add_(table_gradient, 0, torch.flatten(ids), gradient[0])
    return None

  # RMSNorm over the last dimension: y = x * r * gain with r = 1 / sqrt(mean(x * x) + epsilon).
  def normalize(self: __torch__.Operators, x: Tensor, gain: Tensor, epsilon: float) -> Tuple[Tensor, Tensor]:
    r = torch.linalg_vector_norm(x, 2, [-1], True)
    _0 = torch.rsqrt_(torch.add_(torch.div_(torch.mul_(r, r), torch.size(x, -1)), epsilon))
    y = torch.mul_(torch.mul(x, r), gain)
    return (y, r)
  # Overwrites dy, which may not be x or r, with dx = r * (dy * gain - x * r * mean(dy * gain * x * r)).
  def normalize_backward_(self: __torch__.Operators, dy: Tensor, x: Tensor, r: Tensor, gain: Tensor, gain_gradient: Tensor) -> Tensor:
    unit = torch.mul(x, r)
    product = torch.mul(dy, unit)
    _0 = torch.add_(gain_gradient, torch.sum(product, [0]))
    coefficient = torch.mul_(torch.div_(torch.unsqueeze(torch.mv(product, gain), 1), torch.size(x, -1)), r)
    return torch.addcmul_(torch.mul_(torch.mul_(dy, gain), r), unit, coefficient, value=-1)

  # Rotates the pairs (i, i + d / 2) of every head of x [sequences, length, heads, d] by the position;
  # direction -1 rotates back. rotary = [cosine, signed sine], both [context, 1, d].
  def rotate(self: __torch__.Operators, x: Tensor, rotary: List[Tensor], direction: int) -> Tensor:
    cosine, sine = rotary
    length = torch.size(x, 1)
    swapped = torch.roll(x, [torch.floordiv(torch.size(x, 3), 2)], [3])
    turned = torch.mul(x, torch.slice(cosine, 0, 0, length, 1))
    return torch.addcmul_(turned, swapped, torch.slice(sine, 0, 0, length, 1), value=direction)

  # Repeats every head of x [sequences, K, length, d] for the queries that share it.
  def share(self: __torch__.Operators, x: Tensor, heads: int) -> Tensor:
    b, k, t, d = torch.size(x)
    if torch.eq(k, heads):
      y = x
    else:
      wide = torch.expand(torch.unsqueeze(x, 2), [b, k, torch.floordiv(heads, k), t, d])
      y = torch.reshape(wide, [b, heads, t, d])
    return y
  # Adds up what the copies got: [sequences, H, length, d] -> [sequences, length, K, d].
  def share_backward(self: __torch__.Operators, dy: Tensor, key_value_heads: int) -> Tensor:
    b, h, t, d = torch.size(dy)
    if torch.eq(h, key_value_heads):
      dx = torch.transpose(dy, 1, 2)
    else:
      groups = torch.reshape(dy, [b, key_value_heads, torch.floordiv(h, key_value_heads), t, d])
      dx = torch.transpose(torch.sum(groups, [2]), 1, 2)
    return dx

  # x + o(attention(normalize(x))). weights = [gain, q, k, v, o] or, with queries and keys
  # normalized per head, [gain, q, k, v, o, q gain, k gain]. The fused kernel is the one that
  # scaled_dot_product_attention takes on the processor.
  def attend(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], rotary: List[Tensor], sequences: int, heads: int, key_value_heads: int, epsilon: float) -> List[Tensor]:
    x = input[0]
    tokens, width = torch.size(x)
    length = torch.floordiv(tokens, sequences)
    d = torch.floordiv(width, heads)
    y, r = (self).normalize(x, weights[0], epsilon)
    q_raw = torch.view(torch.mm(y, torch.t(weights[1])), [sequences, length, heads, d])
    k_raw = torch.view(torch.mm(y, torch.t(weights[2])), [sequences, length, key_value_heads, d])
    v_raw = torch.view(torch.mm(y, torch.t(weights[3])), [sequences, length, key_value_heads, d])
    if torch.gt(torch.len(weights), 5):
      q_unit, q_r = (self).normalize(q_raw, weights[5], epsilon)
      k_unit, k_r = (self).normalize(k_raw, weights[6], epsilon)
      head_norms = [q_raw, q_r, k_raw, k_r]
    else:
      q_unit = q_raw
      k_unit = k_raw
      head_norms = annotate(List[Tensor], [])
    q = torch.transpose((self).rotate(q_unit, rotary, 1), 1, 2)
    k = (self).share(torch.transpose((self).rotate(k_unit, rotary, 1), 1, 2), heads)
    v = (self).share(torch.transpose(v_raw, 1, 2), heads)
    mixed, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0., True)
    output = torch.addmm(x, torch.reshape(torch.transpose(mixed, 1, 2), [tokens, width]), torch.t(weights[4]))
    return torch.add([output, x, y, r, q, k, v, mixed, logsumexp], head_norms)
  def attend_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor], rotary: List[Tensor], key_value_heads: int) -> NoneType:
    dx = gradient[0]
    x, y, r, q, k, v, mixed, logsumexp = torch.slice(saved, 1, 9, 1)
    sequences, heads, length, d = torch.size(q)
    tokens, width = torch.size(x)
    _0 = torch.addmm_(gradients[4], torch.t(dx), torch.reshape(torch.transpose(mixed, 1, 2), [tokens, width]))
    dmixed = torch.transpose(torch.view(torch.mm(dx, weights[4]), [sequences, length, heads, d]), 1, 2)
    dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward(dmixed, q, k, v, mixed, logsumexp, 0., True)
    dq_unit = (self).rotate(torch.transpose(dq, 1, 2), rotary, -1)
    dk_unit = (self).rotate((self).share_backward(dk, key_value_heads), rotary, -1)
    if torch.gt(torch.len(weights), 5):
      q_raw, q_r, k_raw, k_r = torch.slice(saved, 9, 13, 1)
      dq_flat = (self).normalize_backward_(torch.reshape(dq_unit, [-1, d]), torch.view(q_raw, [-1, d]), torch.view(q_r, [-1, 1]), weights[5], gradients[5])
      dk_flat = (self).normalize_backward_(torch.reshape(dk_unit, [-1, d]), torch.view(k_raw, [-1, d]), torch.view(k_r, [-1, 1]), weights[6], gradients[6])
    else:
      dq_flat = dq_unit
      dk_flat = dk_unit
    dq_raw = torch.reshape(dq_flat, [tokens, -1])
    dk_raw = torch.reshape(dk_flat, [tokens, -1])
    dv_raw = torch.reshape((self).share_backward(dv, key_value_heads), [tokens, -1])
    _1 = torch.addmm_(gradients[1], torch.t(dq_raw), y)
    _2 = torch.addmm_(gradients[2], torch.t(dk_raw), y)
    _3 = torch.addmm_(gradients[3], torch.t(dv_raw), y)
    dy = torch.mm(dq_raw, weights[1])
    _4 = torch.addmm_(torch.addmm_(dy, dk_raw, weights[2]), dv_raw, weights[3])
    _5 = torch.add_(dx, (self).normalize_backward_(dy, x, r, weights[0], gradients[0]))
    return None

  # x + down(silu(gate(y)) * up(y)) with y = normalize(x); weights = [gain, gate, up, down].
  def swiglu(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    x = input[0]
    gain, gate, up, down = weights
    y, r = (self).normalize(x, gain, epsilon)
    g = torch.mm(y, torch.t(gate))
    u = torch.mm(y, torch.t(up))
    s = torch.silu(g)
    h = torch.mul(s, u)
    return [torch.addmm(x, h, torch.t(down)), x, y, r, g, u, s, h]
  def swiglu_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor]) -> NoneType:
    dx = gradient[0]
    x, y, r, g, u, s, h = torch.slice(saved, 1, 8, 1)
    gain, gate, up, down = weights
    dgain, dgate, dup, ddown = gradients
    _0 = torch.addmm_(ddown, torch.t(dx), h)
    dh = torch.mm(dx, down)
    du = torch.mul(dh, s)
    dg = torch.silu_backward(torch.mul_(dh, u), g)
    _1 = torch.addmm_(dgate, torch.t(dg), y)
    _2 = torch.addmm_(dup, torch.t(du), y)
    dy = torch.addmm_(torch.mm(dg, gate), du, up)
    _3 = torch.add_(dx, (self).normalize_backward_(dy, x, r, gain, dgain))
    return None

  # x + down(relu(up(y))^2) with y = normalize(x); weights = [gain, up, down].
  def squared_relu(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    x = input[0]
    gain, up, down = weights
    y, r = (self).normalize(x, gain, epsilon)
    u = torch.relu_(torch.mm(y, torch.t(up)))
    h = torch.mul(u, u)
    return [torch.addmm(x, h, torch.t(down)), x, y, r, u, h]
  def squared_relu_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor]) -> NoneType:
    dx = gradient[0]
    x, y, r, u, h = torch.slice(saved, 1, 6, 1)
    gain, up, down = weights
    dgain, dup, ddown = gradients
    _0 = torch.addmm_(ddown, torch.t(dx), h)
    du = torch.mul_(torch.mul_(torch.mm(dx, down), u), 2)
    _1 = torch.addmm_(dup, torch.t(du), y)
    dy = torch.mm(du, up)
    _2 = torch.add_(dx, (self).normalize_backward_(dy, x, r, gain, dgain))
    return None

  # The logits [N, vocabulary] of normalize(x); weights = [gain, head].
  def project(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    x = input[0]
    y, r = (self).normalize(x, weights[0], epsilon)
    return [torch.mm(y, torch.t(weights[1])), x, y, r]
  # Turns the gradient of the logits into [gradient of x], a new list.
  def project_backward(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor]) -> List[Tensor]:
    x, y, r = torch.slice(saved, 1, 4, 1)
    dlogits = gradient[0]
    _0 = torch.addmm_(gradients[1], torch.t(dlogits), y)
    return [(self).normalize_backward_(torch.mm(dlogits, weights[1]), x, r, weights[0], gradients[0])]

  # The mean cross-entropy in nats of logits [N, vocabulary] given targets [sequences, length].
  def cross_entropy(self: __torch__.Operators, logits: List[Tensor], targets: Tensor) -> Tensor:
    return torch.cross_entropy_loss(logits[0], torch.flatten(targets))
  # The same with the gradient of weight * loss: [gradient of the logits, loss].
  def cross_entropy_backward(self: __torch__.Operators, logits: List[Tensor], targets: Tensor, weight: float) -> List[Tensor]:
    index = torch.unsqueeze(torch.flatten(targets), 1)
    log_probabilities = torch.log_softmax(logits[0], -1)
    picked = torch.gather(log_probabilities, 1, index)
    loss = torch.neg(torch.mean(picked))
    gradient = torch.scatter_add_(torch.exp_(log_probabilities), 1, index, torch.fill_(picked, -1))
    _0 = torch.mul_(gradient, torch.div(weight, torch.size(index, 0)))
    return [gradient, loss]
  # Labels drawn from the predictions by inversion, one uniform number in [0, 1) per token.
  def sample_targets(self: __torch__.Operators, logits: List[Tensor], uniforms: Tensor) -> Tensor:
    cumulative = torch.cumsum(torch.softmax(torch.to(logits[0], 7), -1), -1)
    total = torch.slice(cumulative, 1, -1)
    marks = torch.mul(torch.unsqueeze(torch.flatten(uniforms), 1), total)
    drawn = torch.searchsorted(cumulative, marks, right=True)
    last = torch.sub(torch.size(logits[0], 1), 1)
    return torch.view(torch.clamp_max(drawn, last), torch.size(uniforms))
  def second_as_number(self: __torch__.Operators, arrays: List[Tensor]) -> float:
    return float(arrays[1])

  def logits_of(self: __torch__.Operators, projected: List[Tensor], sequences: int) -> Tensor:
    logits = projected[0]
    return torch.view(logits, [sequences, -1, torch.size(logits, 1)])
  def zero_(self: __torch__.Operators, arrays: List[Tensor]) -> NoneType:
    for i in range(torch.len(arrays)):
      _0 = torch.zero_(arrays[i])
    return None
