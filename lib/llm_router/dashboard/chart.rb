# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Small pictures, as SVG without styles: the stylesheet colours their classes.
    # @api private
    module Chart
      HEIGHT = 32
      # Of a column, with the gap beside it.
      STEP = 10
      private_constant :HEIGHT, :STEP

      # @param values [Array<Numeric, nil>] the oldest first
      # @param label [String] what it shows, for those who do not see it
      # @param most [Numeric, nil] what reaches to the top; nil for the largest value
      # @return [ActiveSupport::SafeBuffer] a column each
      def column_chart(values, label, kind: "plain", most: nil)
        most ||= values.compact.max
        width = (values.size * STEP) - 2
        columns = values.each_with_index.map { |value, at| column(at, value.to_f / most) if value&.positive? }
        base = tag("line", x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT, class: "base")
        svg(join([base, *columns]), label, width: width, height: HEIGHT, kind: "columns #{kind}")
      end

      # @param parts [Array<Array(Numeric, String)>] shares of 1, and the class of each
      # @return [ActiveSupport::SafeBuffer] one bar
      def bar(parts, label)
        left = 0
        rects = parts.map do |share, kind|
          width = (share.to_f.clamp(0, 1) * 100).round(2).clamp(0, 100 - left)
          tag("rect", x: left, y: 0, width: width, height: 4, class: kind).tap { left = (left + width).round(2) }
        end
        svg(join([tag("rect", x: 0, y: 0, width: 100, height: 4, class: "track"), *rects]), label,
            width: 100, height: 4, kind: "bar")
      end

      private

      # However small the share is, it is seen.
      def column(position, share)
        height = [(share * HEIGHT).round(1), 1.5].max
        tag("rect", x: position * STEP, y: (HEIGHT - height).round(1), width: STEP - 2, height: height)
      end

      def svg(content, label, width:, height:, kind:)
        tag("svg", content, class: kind, viewBox: "0 0 #{width} #{height}", preserveAspectRatio: "none", role: "img",
                            aria_label: label)
      end
    end
  end
end
