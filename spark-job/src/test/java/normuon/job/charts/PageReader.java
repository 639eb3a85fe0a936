package normuon.job.charts;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A page as an XML parser reads it, which refuses what is not well-formed. */
final class PageReader {

  private final Document document;

  PageReader(String html) {
    try {
      DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
      document = builder.parse(new InputSource(new StringReader(html)));
    } catch (ParserConfigurationException | SAXException | IOException malformed) {
      throw new AssertionError("the page is not well-formed: " + malformed.getMessage(), malformed);
    }
  }

  /** The elements that an XPath finds. */
  List<Element> find(String path) {
    try {
      NodeList nodes =
          (NodeList)
              XPathFactory.newInstance()
                  .newXPath()
                  .evaluate(path, document, XPathConstants.NODESET);
      List<Element> elements = new ArrayList<>();
      for (int i = 0; i < nodes.getLength(); i++) {
        elements.add((Element) nodes.item(i));
      }
      return elements;
    } catch (XPathExpressionException invalid) {
      throw new AssertionError("Invalid path " + path, invalid);
    }
  }

  /** The texts of the cells of a row of a table that begins with a name. */
  List<String> row(String name) {
    return find("//tr[th[1]='" + name + "']/*").stream()
        .skip(1)
        .map(Element::getTextContent)
        .toList();
  }

  /** What the pointer reads in the figures of a heading. */
  List<Element> marks(String heading) {
    return find("//figure[.//h3='" + heading + "']//g[@data-label]");
  }

  /** The first of these that has a label. */
  Element mark(String heading, String label) {
    return marks(heading).stream()
        .filter(mark -> mark.getAttribute("data-label").equals(label))
        .findFirst()
        .orElseThrow(() -> new AssertionError(label + " does not exist under " + heading));
  }

  /** The value at the end of a line, as a reader finds it by two labels of the axis beside it. */
  double lastDrawn(Element line) {
    Element svg = (Element) line.getParentNode();
    List<double[]> labels = new ArrayList<>();
    NodeList texts = svg.getElementsByTagName("text");
    for (int i = 0; i < texts.getLength(); i++) {
      Element text = (Element) texts.item(i);
      if (text.getAttribute("class").equals("tick end")) {
        double height = Double.parseDouble(text.getAttribute("y")) - 4;
        labels.add(new double[] {height, Double.parseDouble(text.getTextContent())});
      }
    }
    double[] points = numbers((Element) line.getElementsByTagName("polyline").item(0), "points");
    double[] low = labels.get(0);
    double[] high = labels.get(1);
    double share = (points[points.length - 1] - low[0]) / (high[0] - low[0]);
    return low[1] + share * (high[1] - low[1]);
  }

  /** Numbers that stand in an attribute. */
  static double[] numbers(Element element, String attribute) {
    return Arrays.stream(element.getAttribute(attribute).trim().split("[ ,]+"))
        .mapToDouble(Double::parseDouble)
        .toArray();
  }
}
