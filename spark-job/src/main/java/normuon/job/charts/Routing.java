package normuon.job.charts;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who updates what, as {@code routing.txt} says.
 *
 * @param weights weights of the model; 0 if the file does not say
 * @param shares how the matrices are shared among the ranks that orthogonalize them: one for each
 *     rank, in order; none if the file does not say
 */
record Routing(long weights, List<Share> shares) {

  private static final Pattern GROUP = Pattern.compile("\\((\\d{1,18}) elements\\)");
  private static final String HEAD = "rank  matrices";
  private static final Pattern ROW =
      Pattern.compile("\\s*(\\d{1,9})\\s+(\\d{1,9})\\s+(\\d{1,18})\\s+(\\d+\\.\\d+)\\s*");

  /**
   * What one rank owns.
   *
   * @param rank the rank
   * @param matrices how many matrices
   * @param parameters their weights
   * @param load its work over the mean of all ranks
   */
  record Share(int rank, int matrices, long parameters, double load) {}

  /** Reads the groups of parameters, and the table of owners at the end. */
  static Routing of(String routing) {
    long weights =
        GROUP.matcher(routing).results().mapToLong(group -> Long.parseLong(group.group(1))).sum();
    List<Share> shares = new ArrayList<>();
    routing
        .lines()
        .dropWhile(line -> !line.startsWith(HEAD))
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .forEach(row -> shares.add(share(row)));
    return new Routing(weights, shares);
  }

  /** The shares of the ranks that orthogonalize; none where no matrix is orthogonalized. */
  List<Share> owners() {
    return shares.stream().anyMatch(share -> share.matrices() > 0) ? shares : List.of();
  }

  private static Share share(Matcher row) {
    return new Share(
        Integer.parseInt(row.group(1)),
        Integer.parseInt(row.group(2)),
        Long.parseLong(row.group(3)),
        Double.parseDouble(row.group(4)));
  }
}
