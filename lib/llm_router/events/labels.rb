# frozen_string_literal: true

class LlmRouter
  # What a call is for: a feature of the app, and tags such as a tenant or a ticket. See {LlmRouter.with}.
  # @api private
  class Labels
    HERE = :llm_router_labels
    # Characters.
    MAX_FEATURE = 128
    MAX_TAGS = 10
    MAX_TAG = 100
    PLAIN = [NilClass, TrueClass, FalseClass, Integer, String, Symbol].freeze
    private_constant :HERE, :PLAIN

    # @return [String, nil]
    attr_reader :feature
    # @return [Hash{String => String, Numeric, Boolean, nil}] frozen
    attr_reader :tags

    # @param feature [String, nil]
    # @param tags [Hash] checked
    # @param rows [Boolean] see {#rows?}
    def initialize(feature, tags, rows: false)
      @feature = feature
      @tags = tags
      @rows = rows
      freeze
    end

    NONE = new(nil, {}.freeze)

    # @return [Boolean] whether a budget of the call is a row of the ledger
    def rows? = @rows

    # @param feature [Symbol, String, nil] nil for that of the labels before
    # @param tags [Hash, nil]
    # @return [Labels] these, with what is given in their place
    # @raise [ArgumentError]
    def and(feature, tags)
      return self if feature.nil? && tags.nil?

      feature = feature.nil? ? @feature : Labels.feature(feature)
      Labels.new(feature, tags.nil? ? @tags : @tags.merge(Labels.tags(tags)).freeze, rows: @rows)
    end

    # @param budget [Object] whose feature counts if the call has none
    # @return [Labels]
    def paid_by(budget)
      budgets = budget.is_a?(Budgets) ? budget.budgets : [budget]
      rows = budgets.any? { |one| one.class.respond_to?(:joint_ledger) }
      feature = @feature || Labels.of_budget(budgets)
      rows || feature ? Labels.new(feature, @tags, rows: rows) : self
    end

    # @return [Hash] for events
    def to_h
      { feature: feature, tags: tags }
    end

    class << self
      # @return [Labels] those of the {with} blocks around this fiber
      def current
        Thread.current[HERE] || NONE
      end

      # @yield calls that have these labels
      # @return [Object] what the block returns
      # @raise [ArgumentError]
      def with(feature, tags, &)
        FiberLocal.set(HERE, current.and(feature, tags), &)
      end

      # @return [String]
      # @raise [ArgumentError]
      def feature(given)
        named = given.is_a?(Symbol) || given.is_a?(String)
        text = given.to_s
        return text.dup.freeze if named && text.length.between?(1, MAX_FEATURE) && Setting.one_line?(text)

        raise ArgumentError, "feature is #{given.inspect[0, 100]}: give a Symbol or a String on one line, of " \
                             "#{MAX_FEATURE} characters at most, such as :summarize"
      end

      # @return [Hash{String => Object}]
      # @raise [ArgumentError]
      def tags(given)
        unless given.is_a?(Hash) && given.size <= MAX_TAGS
          what = given.is_a?(Hash) ? "#{given.size} entries" : "a #{given.class}"
          raise ArgumentError, "tags are #{what}: give a Hash of #{MAX_TAGS} at most, such as { tenant: 7 }"
        end
        given.to_h { |name, value| [name.to_s, tag(name, value)] }
      end

      # @return [String, nil] the first that a budget has
      def of_budget(budgets)
        budgets.each do |budget|
          feature = budget.feature if budget.respond_to?(:feature)
          return feature.to_s[0, MAX_FEATURE] unless feature.nil?
        end
        nil
      end

      private

      def tag(name, value)
        text = value.to_s.dup.freeze
        plain = PLAIN.any? { |kind| value.is_a?(kind) }
        if plain && [name.to_s, text].all? { |given| given.length <= MAX_TAG && Setting.one_line?(given) }
          return [String, Symbol].include?(value.class) ? text : value
        end

        raise ArgumentError, "the tag #{name.to_s[0, MAX_TAG].inspect} is a #{value.class}: give a String of " \
                             "#{MAX_TAG} characters at most on one line, a Symbol, an Integer, true, false or nil"
      end
    end
  end
end
