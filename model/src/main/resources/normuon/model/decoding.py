# The model's forward pass for one sequence that grows, with the keys and values of the tokens before
# in a cache, in the TorchScript dialect of serialized modules. The same formulas as in operators.py;
# nothing is kept for a backward pass, and attention is PyTorch's own, so that any device runs it.
#
# T = new tokens, D = width, H = heads, K = key-value heads, d = head width.
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # ids [T] -> x [T, D]
  def embed(self: __torch__.Operators, table: Tensor, ids: Tensor) -> Tensor:
    return torch.index_select(table, 0, ids)
  def normalize(self: __torch__.Operators, x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
    square = torch.mean(torch.mul(x, x), [-1], True)
    return torch.mul(torch.mul(x, torch.rsqrt(torch.add(square, epsilon))), gain)
  # Rotates the pairs (i, i + d / 2) of every head of x [T, heads, d], whose first token is at a position.
  def rotate(self: __torch__.Operators, x: Tensor, rotary: List[Tensor], position: int) -> Tensor:
    cosine, sine = rotary
    end = torch.add(position, torch.size(x, 0))
    swapped = torch.roll(x, [torch.floordiv(torch.size(x, 2), 2)], [2])
    turned = torch.mul(x, torch.slice(cosine, 0, position, end, 1))
    return torch.add(turned, torch.mul(swapped, torch.slice(sine, 0, position, end, 1)))
  # Repeats every head of x [1, K, T, d] for the queries that share it.
  def share(self: __torch__.Operators, x: Tensor, heads: int) -> Tensor:
    b, k, t, d = torch.size(x)
    wide = torch.expand(torch.unsqueeze(x, 2), [b, k, torch.floordiv(heads, k), t, d])
    return torch.reshape(wide, [b, heads, t, d])

  # x + o(attention(normalize(x))) of new tokens whose first is at a position, one token or position 0;
  # their keys and values go into cache = [keys, values], both [K, capacity, d]. weights = [gain, q,
  # k, v, o] or, with queries and keys normalized per head, [gain, q, k, v, o, q gain, k gain].
  def attend(self: __torch__.Operators, x: Tensor, weights: List[Tensor], rotary: List[Tensor], cache: List[Tensor], position: int, heads: int, epsilon: float) -> Tensor:
    keys, values = cache
    shared, capacity, d = torch.size(keys)
    length = torch.size(x, 0)
    end = torch.add(position, length)
    y = (self).normalize(x, weights[0], epsilon)
    q_raw = torch.view(torch.mm(y, torch.t(weights[1])), [length, heads, d])
    k_raw = torch.view(torch.mm(y, torch.t(weights[2])), [length, shared, d])
    v = torch.view(torch.mm(y, torch.t(weights[3])), [length, shared, d])
    if torch.gt(torch.len(weights), 5):
      q_unit = (self).normalize(q_raw, weights[5], epsilon)
      k_unit = (self).normalize(k_raw, weights[6], epsilon)
    else:
      q_unit = q_raw
      k_unit = k_raw
    q = (self).rotate(q_unit, rotary, position)
    k = (self).rotate(k_unit, rotary, position)
    _0 = torch.copy_(torch.slice(keys, 1, position, end, 1), torch.transpose(k, 0, 1))
    _1 = torch.copy_(torch.slice(values, 1, position, end, 1), torch.transpose(v, 0, 1))
    seen_keys = torch.unsqueeze(torch.slice(keys, 1, 0, end, 1), 0)
    seen_values = torch.unsqueeze(torch.slice(values, 1, 0, end, 1), 0)
    if torch.eq(length, 1):
      # One token sees all keys, so the queries that share a head are rows of one product.
      group = torch.view(q, [1, shared, torch.floordiv(heads, shared), d])
      mixed = torch.scaled_dot_product_attention(group, seen_keys, seen_values)
    else:
      all_keys = (self).share(seen_keys, heads)
      all_values = (self).share(seen_values, heads)
      queries = torch.unsqueeze(torch.transpose(q, 0, 1), 0)
      by_head = torch.scaled_dot_product_attention(queries, all_keys, all_values, None, 0., True)
      mixed = torch.transpose(by_head, 1, 2)
    return torch.addmm(x, torch.reshape(mixed, [length, -1]), torch.t(weights[4]))

  # weights = [gain, gate, up, down] (gated: SwiGLU) or [gain, up, down] (squared ReLU)
  def feed_forward(self: __torch__.Operators, x: Tensor, weights: List[Tensor], epsilon: float) -> Tensor:
    y = (self).normalize(x, weights[0], epsilon)
    if torch.eq(torch.len(weights), 4):
      h = torch.mul(torch.silu(torch.mm(y, torch.t(weights[1]))), torch.mm(y, torch.t(weights[2])))
    else:
      u = torch.relu(torch.mm(y, torch.t(weights[1])))
      h = torch.mul(u, u)
    return torch.addmm(x, h, torch.t(weights[-1]))
  # The logits [vocabulary] after the last token; weights = [gain, head].
  def last_logits(self: __torch__.Operators, x: Tensor, weights: List[Tensor], epsilon: float) -> Tensor:
    y = (self).normalize(torch.slice(x, 0, -1), weights[0], epsilon)
    return torch.flatten(torch.mm(y, torch.t(weights[1])))
