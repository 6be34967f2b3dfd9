# frozen_string_literal: true

class LlmRouter
  # The address of a budget's record, as a job argument: an id names another row on another shard or in another tenant's
  # schema. That of a {Budget} includes its owner, feature and environment.
  # @api private
  module BudgetAddress
    IDENTITY = %w[owner_type owner_id feature environment].freeze
    private_constant :IDENTITY

    module_function

    # @param budget [Object]
    # @return [Boolean] whether another process can find it
    def possible?(budget)
      row?(budget) || budget.respond_to?(:to_global_id)
    end

    # @param budget [Object]
    # @return [Hash{String => String, Integer, nil}, Object] the budget itself if it has no address, or is one
    def of(budget)
      return budget unless possible?(budget)

      shard = budget.class.current_shard.to_s if budget.class.respond_to?(:current_shard)
      return { "global_id" => budget.to_global_id.to_s, "shard" => shard } unless row?(budget)

      { "class" => budget.class.name, "id" => budget.id, "shard" => shard, "schema" => schema(budget.class),
        **identity(budget) }
    end

    # @param address [Hash, Object] as {.of} returns it
    # @yieldparam budget [Object] with the connection on its shard
    # @return [Object] what the block returns
    # @raise [BudgetNotFound]
    def find(address, &)
      return yield(address) unless address.is_a?(Hash)
      return found(address, &) unless address["shard"]

      Database::WritingRole.enter(model(address), shard: address["shard"].to_sym) { found(address, &) }
    end

    def row?(budget)
      Object.const_defined?("ActiveRecord::Base") && budget.is_a?(ActiveRecord::Base) && budget.is_a?(Budget)
    end

    def identity(row)
      IDENTITY.to_h { |name| [name, row.public_send(name)] }
    end

    # Best effort: a charge can be enqueued although its database is down.
    def schema(model)
      Database::OwnConnection.chosen(model)
    rescue StandardError
      nil
    end

    def model(address)
      Object.const_get(address["class"] || GlobalID.parse(address["global_id"]).model_name)
    end

    def found(address, &)
      return yield(by_global_id(address["global_id"])) if address["global_id"]

      Database::Schema.within(address["schema"]) { yield row(address) }
    end

    def by_global_id(id)
      GlobalID::Locator.locate(id) || raise(BudgetNotFound, missing(id))
    rescue StandardError => e
      # By name, as an app may have no Active Record.
      raise e unless e.class.ancestors.any? { |ancestor| ancestor.name == "ActiveRecord::RecordNotFound" }

      raise BudgetNotFound, missing(id)
    end

    def row(address)
      row = Budget::Row.find(model(address), address["id"])
      raise BudgetNotFound, missing("#{address['class']} #{address['id']}") unless row
      return row if address.slice(*IDENTITY) == identity(row)

      mine = row.class.new(address.slice(*IDENTITY)).scope_in_words
      raise BudgetNotFound, "#{address['class']} #{address['id']} is the budget of #{row.scope_in_words}, not of " \
                            "#{mine}: nothing was charged"
    end

    def missing(name)
      "#{name} is not there: it was deleted. Nothing was charged"
    end
  end
end
