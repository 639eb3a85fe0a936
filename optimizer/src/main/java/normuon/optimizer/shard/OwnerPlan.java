package normuon.optimizer.shard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import normuon.torch.ParameterSpec;

/**
 * Which rank orthogonalizes which matrix, so that the rank with the most work has little more than
 * the mean: {@link WorkAssignment} says how. It depends on the shapes, the names and the number of
 * ranks alone, so that every rank and the driver make the same plan.
 */
public final class OwnerPlan {

  private final List<List<ParameterSpec>> owned;
  private final Map<String, Integer> owners = new LinkedHashMap<>();
  private final long[] loads;

  private OwnerPlan(int worldSize) {
    owned = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      owned.add(new ArrayList<>());
    }
    loads = new long[worldSize];
  }

  /**
   * Makes the plan.
   *
   * @param matrices the matrices, in any order
   * @param worldSize number of ranks, at least 1
   * @param cost the work of one matrix, such as floating-point operations
   */
  public static OwnerPlan of(
      List<ParameterSpec> matrices, int worldSize, ToLongFunction<ParameterSpec> cost) {
    if (worldSize < 1) {
      throw new IllegalArgumentException(
          "Invalid number of ranks " + worldSize + ": must be at least 1");
    }
    List<ParameterSpec> largestFirst =
        matrices.stream()
            .sorted(Comparator.comparingLong(cost).reversed().thenComparing(ParameterSpec::name))
            .toList();
    long[] costs = largestFirst.stream().mapToLong(cost).toArray();
    int[] ranks = WorkAssignment.ranks(costs, worldSize);
    OwnerPlan plan = new OwnerPlan(worldSize);
    for (int i = 0; i < ranks.length; i++) {
      plan.assign(largestFirst.get(i), costs[i], ranks[i]);
    }
    return plan;
  }

  private void assign(ParameterSpec matrix, long cost, int owner) {
    if (owners.put(matrix.name(), owner) != null) {
      throw new IllegalArgumentException(
          "Invalid parameters: the name " + matrix.name() + " must be unique");
    }
    owned.get(owner).add(matrix);
    loads[owner] += cost;
  }

  /** The number of ranks. */
  public int worldSize() {
    return loads.length;
  }

  /**
   * The rank that orthogonalizes a matrix.
   *
   * @param name a matrix of the plan
   */
  public int owner(String name) {
    Integer owner = owners.get(name);
    if (owner == null) {
      throw new IllegalArgumentException("Matrix " + name + " does not exist in the owner plan");
    }
    return owner;
  }

  /** The matrices of one rank in the order to process them: the most work first. */
  public List<ParameterSpec> owned(int rank) {
    return List.copyOf(owned.get(rank));
  }

  /** The work of one rank, in the unit of the cost. */
  public long load(int rank) {
    return loads[rank];
  }

  /** The largest load over the mean load: 1 if perfectly even, or if there is no work. */
  public double imbalance() {
    double sum = 0;
    long largest = 0;
    for (long load : loads) {
      sum += load;
      largest = Math.max(largest, load);
    }
    return sum == 0 ? 1 : largest * loads.length / sum;
  }

  /**
   * Groups each owner's matrices into messages, in the order to process them. Matrices of at least
   * the given size travel alone; smaller ones together until their message has that size, or until
   * a large one or the end comes. The messages of different owners take turns, so that every owner
   * has its first work early.
   *
   * @param bucketBytes the size from which on a message is large enough, at least 1
   * @return every matrix once; the same on every rank
   */
  public List<Bucket> buckets(long bucketBytes) {
    List<List<Bucket>> byOwner = new ArrayList<>();
    int longest = 0;
    for (int rank = 0; rank < worldSize(); rank++) {
      byOwner.add(Bucket.group(rank, owned.get(rank), bucketBytes));
      longest = Math.max(longest, byOwner.get(rank).size());
    }
    List<Bucket> buckets = new ArrayList<>();
    for (int turn = 0; turn < longest; turn++) {
      for (List<Bucket> ofOwner : byOwner) {
        if (turn < ofOwner.size()) {
          buckets.add(ofOwner.get(turn));
        }
      }
    }
    return List.copyOf(buckets);
  }

  /** A table for the log: per rank its matrices, their parameters and its share of the work. */
  public String describe() {
    StringBuilder table = new StringBuilder("rank  matrices    parameters  load / mean");
    double mean = Arrays.stream(loads).average().orElse(0);
    for (int rank = 0; rank < worldSize(); rank++) {
      long elements = owned.get(rank).stream().mapToLong(ParameterSpec::elements).sum();
      double share = mean == 0 ? 1 : loads[rank] / mean;
      table.append(
          String.format("%n%4d  %8d  %12d  %11.3f", rank, owned.get(rank).size(), elements, share));
    }
    return table.toString();
  }
}
