# frozen_string_literal: true

class LlmRouter
  module Database
    # The ledger is always the writing role's, also where the caller reads from a replica or prevents writes. The
    # caller's shard stays.
    # @api private
    module WritingRole
      module_function

      # @param model [Class]
      # @param shard [Symbol, nil] nil for the caller's
      # @yield in the writing role, with writes allowed
      def enter(model, shard: nil, &block)
        return yield if here?(model, shard)
        return legacy(model, shard, &block) if legacy?

        owner = AdapterInternals.connection_class(model)
        return ActiveRecord::Base.connected_to(role: role, shard: shard, &block) if owner == ActiveRecord::Base

        ActiveRecord::Base.connected_to_many(owner, role: role, shard: shard, &block)
      end

      def here?(model, shard = nil)
        (shard.nil? || shard == model.current_shard) && current?(model) && !model.current_preventing_writes
      end

      # @return [Boolean]
      def current?(model)
        model.current_role == role
      end

      # @return [Symbol] Rails 7.0 moved it
      def role
        ActiveRecord.respond_to?(:writing_role) ? ActiveRecord.writing_role : ActiveRecord::Base.writing_role
      end

      # Until Rails 7.0 an app may have a connection handler for each role.
      def legacy?
        settings = ActiveRecord.respond_to?(:legacy_connection_handling) ? ActiveRecord : ActiveRecord::Base
        settings.respond_to?(:legacy_connection_handling) && settings.legacy_connection_handling
      end

      def legacy(model, shard, &)
        return ActiveRecord::Base.connected_to(role: role, shard: shard, &) if shard || !current?(model)

        ActiveRecord::Base.connection_handler.while_preventing_writes(false, &)
      end
    end
  end
end
