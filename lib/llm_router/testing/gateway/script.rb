# frozen_string_literal: true

class LlmRouter
  module Testing
    class Gateway
      # The stubs, and which of them serves a model. Safe to share between threads.
      #
      # @api private
      class Script
        # What was scripted for some models: call it with an {Exchange}.
        Stub = Struct.new(:pattern, :left, :delay, :cost, :behaviour, keyword_init: true) do
          def serves?(model)
            !used_up? && (pattern.is_a?(Regexp) ? pattern.match?(model) : glob?(model))
          end

          def used_up?
            left&.zero?
          end

          def to_s
            used_up? ? "#{pattern.inspect} (used up)" : pattern.inspect
          end

          private

          def glob?(model)
            File.fnmatch?(pattern, model, File::FNM_DOTMATCH)
          end
        end

        def initialize
          @stubs = []
          @lock = Mutex.new
        end

        # @param cost [BigDecimal, Integer, false, nil] US dollars; false where the reply says nothing of it; nil where
        #   only the reply tells, or none comes
        # @raise [ArgumentError] for a pattern, `times:` or `delay:` of the wrong kind
        # @return [void]
        def add(pattern, times:, delay:, cost:, &behaviour)
          must("the models are a String such as \"a/*\" or a Regexp", pattern) { [String, Regexp].include?(_1.class) }
          must("times: is an Integer from 1, or nil for ever", times) { _1.nil? || (_1.is_a?(Integer) && _1.positive?) }
          must("delay: is a number of seconds from 0", delay) { _1.is_a?(Numeric) && !_1.negative? }
          stub = Stub.new(pattern:, left: times, delay:, cost:, behaviour:)
          @lock.synchronize { @stubs.push(stub) }
        end

        # @param model [String, nil] the requested model
        # @return [Stub, nil] the last that serves it, now used once more
        def take(model)
          @lock.synchronize do
            stub = @stubs.reverse_each.find { |candidate| candidate.serves?(model.to_s) }
            stub.left -= 1 if stub&.left
            stub
          end
        end

        # @param model [String]
        # @return [BigDecimal, nil] US dollars that it costs next, where a stub for it has a cost
        def cost_of(model)
          stub = @lock.synchronize { @stubs.reverse_each.find { |other| !other.cost.nil? && other.serves?(model) } }
          BigDecimal(stub.cost) if stub&.cost
        end

        # @param model [String]
        # @return [Boolean] whether a stub serves it
        def serves?(model)
          @lock.synchronize { @stubs.any? { |stub| stub.serves?(model) } }
        end

        # @return [Array<String>] the models that are scripted by their full names
        def names
          patterns = @lock.synchronize { @stubs.map(&:pattern) }
          patterns.grep(String).grep_v(/[*?\[\\]/).uniq
        end

        # @return [void]
        def clear
          @lock.synchronize { @stubs.clear }
        end

        # @return [String] what is scripted, for people
        def to_s
          @lock.synchronize { @stubs.empty? ? "nothing at all" : @stubs.map(&:to_s).uniq.join(", ") }
        end

        private

        def must(rule, value)
          raise ArgumentError, "#{rule}, not #{value.inspect}" unless yield(value)
        end
      end
    end
  end
end
